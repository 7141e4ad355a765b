import CLinux
import Database
import EventLoop
import Foundation
import Gateway
import HTTP

let command: Configuration.Command
do throws(ConfigurationError) {
    var environment = ProcessInfo.processInfo.environment
    for (name, value) in try EnvironmentFile.variables(at: ".env", environment: environment)
    where environment[name] == nil {
        environment[name] = value
        // libcurl reads its proxies from the process's environment.
        setenv(name, value, 0)
    }
    command = try Configuration.parse(arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
} catch {
    Program.fail(error.message)
}

switch command {
case .version: print(Configuration.version)
case .help: print(Configuration.help)
case .backup(let configuration, let file): Program.backUp(configuration, to: file)
case .run(let configuration):
    oneapi_prepare_process()
    oneapi_block_signals()
    Program.run(configuration)
}
