// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // Loops own their state, so the dynamic checks of exclusive access only cost; debug builds and tests keep them.
    .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
]

// Every x86-64 machine since 2008 has these instructions; the tokenizer's search is made of them.
#if arch(x86_64)
    let vectorSettings: [SwiftSetting] = [
        .unsafeFlags(["-Xcc", "-msse4.1"], .when(configuration: .release))
    ]
#else
    let vectorSettings: [SwiftSetting] = []
#endif

func room(
    _ name: String, at path: String? = nil, needs dependencies: [Target.Dependency] = [],
    with settings: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path ?? "Sources/\(name)",
        exclude: [], swiftSettings: swiftSettings + settings)
}

func tests(_ name: String, needs dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: swiftSettings)
}

let package = Package(
    name: "one-api",
    products: [
        .executable(name: "one-api", targets: ["OneAPI"]),
        .executable(name: "MockProviders", targets: ["MockProviders"]),
    ],
    targets: [
        .systemLibrary(name: "CCurl", path: "Sources/System/CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CSQLite", path: "Sources/System/CSQLite", pkgConfig: "sqlite3"),
        .systemLibrary(name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CCrypt", path: "Sources/System/CCrypt", pkgConfig: "libcrypt"),
        .target(name: "CLinux", path: "Sources/System/CLinux"),
        .target(
            name: "CSimdJSON", path: "Sources/System/CSimdJSON",
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(
            name: "CVocabulary", path: "Sources/System/CVocabulary",
            exclude: ["cl100k_base.bin", "o200k_base.bin", "classes.bin"]),
        .target(name: "CPrices", path: "Sources/System/CPrices", exclude: ["prices.tsv", "catalogue.tsv"]),

        room("Arithmetic"),
        room("EventLoop", needs: ["Arithmetic", "CLinux"]),
        room("JSON", needs: ["Arithmetic", "CSimdJSON"]),
        room("HTTP", needs: ["Arithmetic", "EventLoop", "CCurl", "CZlib", "CLinux"]),
        room("Tokenizer", needs: ["Arithmetic", "CVocabulary"], with: vectorSettings),
        room("Chat", needs: ["Arithmetic", "JSON"]),
        room("Providers", needs: ["Arithmetic", "COpenSSL", "Chat", "HTTP", "JSON"]),
        room("Formats", needs: ["Arithmetic", "Chat", "JSON"]),
        room("Database", needs: ["Arithmetic", "EventLoop", "CSQLite"]),
        room(
            "Gateway",
            needs: [
                "Arithmetic", "EventLoop", "JSON", "HTTP", "Tokenizer", "Chat", "Providers", "Formats", "Database",
                "CPrices", "COpenSSL", "CCrypt", "CZlib", "CLinux",
            ]),
        .executableTarget(
            name: "OneAPI", dependencies: ["Arithmetic", "Gateway", "EventLoop", "HTTP", "Database", "CLinux"],
            path: "Sources/OneAPI",
            swiftSettings: swiftSettings),

        room("MockKit", at: "MockProviders/Kit", needs: ["Arithmetic", "EventLoop", "HTTP", "JSON", "Tokenizer"]),
        room("Conform", at: "MockProviders/Conform", needs: ["Arithmetic", "MockKit", "EventLoop", "HTTP", "JSON"]),
        .executableTarget(
            name: "MockProviders",
            dependencies: ["Arithmetic", "MockKit", "Conform", "EventLoop", "HTTP", "JSON", "CLinux"],
            path: "MockProviders/Main",
            swiftSettings: swiftSettings),

        .executableTarget(
            name: "TokenizerBench", dependencies: ["Tokenizer"], path: "Scripts/TokenizerBench",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "HTTP", "JSON", "Chat", "Formats", "Providers", "Database", "Gateway", "EventLoop", "MockKit",
                "TestKit",
            ],
            path: "Scripts/Fuzz", swiftSettings: swiftSettings),
        room("TestKit", at: "Tests/TestKit"),
        room("TestTraits", at: "Tests/TestTraits", needs: ["TestKit"]),
        tests("ArithmeticTests", needs: ["Arithmetic"]),
        tests("EventLoopTests", needs: ["EventLoop", "TestTraits"]),
        tests("JSONTests", needs: ["JSON"]),
        tests("HTTPTests", needs: ["HTTP", "EventLoop", "TestKit", "TestTraits"]),
        tests("TokenizerTests", needs: ["Tokenizer", "JSON", "TestKit"]),
        tests("ChatTests", needs: ["Chat", "Formats", "JSON"]),
        tests("ProvidersTests", needs: ["TestKit", "Providers", "Formats", "Chat", "JSON", "HTTP"]),
        tests("DatabaseTests", needs: ["Database", "TestKit", "TestTraits"]),
        tests(
            "GatewayTests",
            needs: [
                "TestKit", "TestTraits", "Gateway", "Database", "HTTP", "JSON", "Chat", "EventLoop", "Providers",
            ]),
        tests("MockProvidersTests", needs: ["TestKit", "TestTraits", "MockKit", "HTTP", "JSON", "EventLoop"]),
        tests(
            "EndToEndTests",
            needs: [
                "TestKit", "TestTraits", "Gateway", "MockKit", "Conform", "HTTP", "JSON", "EventLoop", "Database",
            ]),
    ]
)
