/// Waits for a condition. It checks every five milliseconds and stops after `seconds`, so that a broken program fails a
/// test instead of hanging it.
/// - Returns: whether the condition became true.
package func eventually(seconds: Int = 60, _ condition: () -> Bool) async -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while !condition() {
        if clock.now > end { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}
