/// The name among `candidates` that `name` was probably meant to be: fewest edits, at most about a
/// third of its length; the first of equals.
func nearestName(to name: String, among candidates: [String]) -> String? {
    let limit = max(1, min(4, (name.utf8.count + 1) / 3))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        guard let distance = editDistance(name, candidate, limit: (best?.distance ?? limit + 1) - 1)
        else { continue }
        best = (candidate, distance)
    }
    return best?.name
}

/// Insertions, deletions and replacements of bytes from `a` to `b`; nil when above `limit`.
/// Source: Levenshtein (1966), in the two-row form of Wagner and Fischer (1974).
func editDistance(_ a: String, _ b: String, limit: Int) -> Int? {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard limit >= 0, abs(a.count - b.count) <= limit else { return nil }
    var previous = Array(0...b.count)
    var current = previous
    for i in a.indices {
        current[0] = i + 1
        for j in b.indices {
            let replaced = previous[j] + (a[i] == b[j] ? 0 : 1)
            current[j + 1] = min(replaced, previous[j + 1] + 1, current[j] + 1)
        }
        swap(&previous, &current)
    }
    return previous[b.count] <= limit ? previous[b.count] : nil
}
