import Glibc

/// Runs other programs.
package enum Shell {
    /// The result of a command.
    package struct Outcome {
        /// The exit status; -1 if a signal ended the command or it did not start, 124 if its time was over.
        package var status: Int32 = -1
        package var output: [UInt8] = []
        package var errors = ""
    }

    /// Runs a simple shell command for at most half a minute, without any proxy.
    /// - Parameter directory: its working directory. The file `errors` there is overwritten.
    package static func run(_ command: String, in directory: String) -> Outcome {
        guard let pipe = popen("cd \(directory) && no_proxy='*' timeout 30 \(command) 2>errors", "r") else {
            return Outcome()
        }
        var outcome = Outcome()
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = fread(&piece, 1, piece.count, pipe)
            if count == 0 { break }
            outcome.output += piece[..<count]
        }
        let status = pclose(pipe)
        // The exit status is in the second byte, the signal in the first.
        if status & 0x7f == 0 { outcome.status = status >> 8 & 0xff }
        outcome.errors = String(decoding: readFile(directory + "/errors"), as: UTF8.self)
        return outcome
    }
}
