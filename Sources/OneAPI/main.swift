import CLinux
import Database
import EventLoop
import Foundation
import Gateway
import HTTP

let environment = EnvironmentFile.merged(with: ProcessInfo.processInfo.environment)
let command: Configuration.Command
do {
    command = try Configuration.parse(arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
} catch {
    Program.fail(error.message)
}

switch command {
case .version: print(Configuration.version)
case .help: print(Configuration.help)
case .run(let configuration):
    oneapi_prepare_process()
    oneapi_block_signals()
    Program.run(configuration)
}
