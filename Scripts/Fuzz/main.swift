// Feeds damaged input to all code that reads from strangers, files and the database: `Fuzz [SECONDS [SEED [TARGET]]]`.
// Each target says what must hold for any input. The first input that breaks this or ends the process is printed with
// its seed, and the exit status is not 0.
import Glibc
import TestKit

let words = Array(CommandLine.arguments.dropFirst())
let arguments = words.prefix(2).map { UInt64($0) }
let wanted = words.count > 2 ? words[2] : ""
guard words.count <= 3, !arguments.contains(nil) else {
    print("usage: Fuzz [SECONDS (10) [SEED (of the clock) [PART OF A TARGET'S NAME (all)]]]")
    exit(2)
}
let seconds = (arguments.first ?? nil) ?? 10
let seed = (arguments.dropFirst().first ?? nil) ?? UInt64(time(nil))
var generator = Generator(state: seed)
let targets: [any FuzzTarget] =
    [HeadTarget(), ChunkedTarget(), EventTarget(), JSONTarget(), GzipTarget(), RequestTarget()]
    + [RelayTarget(), MeterTarget(), EmbeddingTarget(), ImageTarget(), TokenTarget()]
    + StreamTarget.all() + AnswerTarget.all()
    + [ConfigurationTarget(), PriceTarget(), CookieTarget(), PercentTarget()]
/// Targets that need a whole gateway or a file for each input. They run less often.
let slowTargets: [(name: String, count: Int, make: () throws -> any FuzzTarget)] = [
    ("management", 8, { try ManagementTarget() }), ("relayed requests", 8, { try RelayStackTarget() }),
    ("mock providers", 8, { try MockTarget() }), ("rows", 2, { try RowTarget() }),
    ("journals", 1, { try LedgerTarget() }),
]
func isWanted(_ name: String) -> Bool { wanted.isEmpty || name.contains(wanted) }

signal(SIGPIPE, SIG_IGN)
TestThreads.admitCurrent()
LastInput.printWhenSignalled()
var chosen = targets.filter { isWanted($0.name) }.map { (target: $0, count: 256) }
for (name, count, make) in slowTargets where isWanted(name) {
    do { chosen.append((try make(), count)) } catch {
        print("\(name) cannot be set up: \(error)")
        exit(1)
    }
}
guard !chosen.isEmpty else {
    print("there is no target named \(wanted)")
    exit(2)
}
let clock = ContinuousClock()
let end = clock.now + .seconds(Int(seconds))
var inputs = 0

while clock.now < end {
    for (target, count) in chosen {
        for _ in 0..<count {
            let input = generator.damaged(generator.pick(target.samples))
            inputs += 1
            LastInput.begins(target.name, inputs, seed, input)
            if let complaint = target.check(input, &generator) {
                print("\(target.name): \(complaint)\nseed \(seed), input \(inputs): \(input)")
                exit(1)
            }
        }
    }
}
print("\(inputs) inputs for \(chosen.map(\.target.name).joined(separator: ", ")), seed \(seed): nothing broke")
