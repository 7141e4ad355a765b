// Feeds damaged input to the decoders that read from strangers: `Fuzz [SECONDS [SEED]]`. Each target states what must
// hold whatever comes; the first input that breaks it is printed with its seed, and the status is 1.
import Glibc

let arguments = CommandLine.arguments.dropFirst().map { UInt64($0) }
guard arguments.count <= 2, !arguments.contains(nil) else {
    print("usage: Fuzz [SECONDS (10) [SEED (of the clock)]]")
    exit(2)
}
let seconds = (arguments.first ?? nil) ?? 10
let seed = (arguments.dropFirst().first ?? nil) ?? UInt64(time(nil))
var generator = Generator(state: seed)
let targets: [any FuzzTarget] =
    [HeadTarget(), ChunkedTarget(), EventTarget(), JSONTarget(), GzipTarget(), RequestTarget()]
    + [RelayTarget(), MeterTarget(), EmbeddingTarget(), ImageTarget(), TokenTarget()]
    + StreamTarget.all() + AnswerTarget.all()
let clock = ContinuousClock()
let end = clock.now + .seconds(Int(seconds))
var inputs = 0

while clock.now < end {
    for target in targets {
        for _ in 0..<64 {
            let input = generator.damaged(generator.pick(target.samples))
            inputs += 1
            if let complaint = target.check(input, &generator) {
                print("\(target.name): \(complaint)\nseed \(seed), input \(inputs): \(input)")
                exit(1)
            }
        }
    }
}
print("\(inputs) inputs for \(targets.map(\.name).joined(separator: ", ")), seed \(seed): nothing broke")
