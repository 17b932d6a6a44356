/// The one place where a function beyond + - * / and sqrt is evaluated: our own series instead
/// of libm's, so that scores are the same to the bit under every C library.

/// 2^x for x in -1,000 ... 1,000 (clamped outside), relative error below 1e-15; NaN stays NaN.
package func exp2Deterministic(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x <= -1000 { return 0 }
    let clamped = x > 1000 ? 1000 : x
    let whole = clamped.rounded(.toNearestOrEven)
    // e^y with |y| <= ln2/2: 16 Taylor terms leave less than 1e-18.
    let y = (clamped - whole) * 0.693147180559945309417232121458
    var sum = 1.0
    for n in stride(from: 16.0, through: 1.0, by: -1.0) { sum = 1 + y * sum / n }
    return Double(sign: .plus, exponent: Int(whole), significand: 1) * sum
}

/// log₂(x), absolute error below 1e-15 and relative error below 1e-14 near 1; nil unless x is
/// finite and positive.
package func log2Deterministic(_ x: Double) -> Double? {
    guard x.isFinite, x > 0 else { return nil }
    var significand = x.significand
    var exponent = Double(x.exponent)
    if significand > 1.414213562373095048801688724209698 {
        significand /= 2
        exponent += 1
    }
    // ln m = 2 artanh z with |z| <= 0.1716: 13 terms of z²ⁿ/(2n+1) leave less than 1e-20.
    let z = (significand - 1) / (significand + 1)
    let square = z * z
    var sum = 0.0
    for n in stride(from: 25.0, through: 1.0, by: -2.0) { sum = sum * square + 1 / n }
    return exponent + 2 * z * sum * 1.442695040888963407359924681002
}

/// base^exponent for a positive base; nil where base or exponent is not such a number or the
/// result is none. Relative error below 1e-15 × (1 + |exponent × log₂ base|).
package func powDeterministic(_ base: Double, _ exponent: Double) -> Double? {
    guard exponent.isFinite, let log = log2Deterministic(base) else { return nil }
    let product = exponent * log
    // exp2Deterministic clamps outside this range.
    guard product.magnitude < 1000 else { return nil }
    return exp2Deterministic(product)
}
