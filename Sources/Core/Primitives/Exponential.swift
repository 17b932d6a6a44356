/// The one place where a function beyond + - * / and sqrt is evaluated: our own series instead
/// of libm's, so that scores are the same to the bit under every C library.

/// 2^x for finite x in -1,000 ... 1,000 (clamped outside), relative error below 1e-15.
package func exp2Deterministic(_ x: Double) -> Double {
    if x <= -1000 { return 0 }
    let clamped = x > 1000 ? 1000 : x
    let whole = clamped.rounded(.toNearestOrEven)
    // e^y with |y| <= ln2/2: 16 Taylor terms leave less than 1e-18.
    let y = (clamped - whole) * 0.693147180559945309417232121458
    var sum = 1.0
    for n in stride(from: 16.0, through: 1.0, by: -1.0) { sum = 1 + y * sum / n }
    return Double(sign: .plus, exponent: Int(whole), significand: 1) * sum
}
