import Foundation
import Testing

/// What can be seen of the Debian package in its recipe. `Packaging/test-install` installs it.
@Suite struct PackageTests {
    private static let folder = "Packaging/debian/"

    /// The lines of a file that are neither empty nor comments.
    private static func lines(_ name: String) -> [String] {
        SourceTree.text(folder + name).split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace)
        }
    }

    private static let unit = lines("bellwether.service")

    /// The values of a key of the unit, in their order.
    private static func values(_ key: String) -> [String] {
        unit.filter { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    @Test(
        "A08: the service has its own user, no rights, and a sandbox",
        arguments: [
            "User=bellwether", "Group=bellwether", "UMask=0027", "StateDirectory=bellwether",
            "StateDirectoryMode=0750", "RuntimeDirectoryMode=0750", "CapabilityBoundingSet=",
            "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
            "PrivateDevices=yes", "DevicePolicy=closed", "PrivateUsers=yes", "PrivateMounts=yes",
            "PrivateIPC=yes", "KeyringMode=private", "RemoveIPC=yes", "ProtectClock=yes",
            "ProtectControlGroups=yes", "ProtectHostname=yes", "ProtectKernelLogs=yes",
            "ProtectKernelModules=yes", "ProtectKernelTunables=yes", "ProtectProc=invisible",
            "ProcSubset=pid", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
            "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "RestrictNamespaces=yes",
            "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "SystemCallArchitectures=native",
            "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources",
            "NoExecPaths=/", "LimitCORE=0",
        ])
    func sandbox(line: String) {
        #expect(Self.unit.contains(line))
    }

    @Test("A08: the service is watched over, and not restarted where that cures nothing")
    func supervision() throws {
        #expect(Self.values("Type") == ["notify"])
        #expect(Self.values("Restart") == ["always"])
        #expect(Self.values("RestartPreventExitStatus") == ["64 65 77 78"])
        #expect(Self.values("WatchdogSec").count == 1)
        #expect(Self.values("ExecStart") == ["/usr/bin/bellwether run"])
        // The daemon's own verdict is that of the reload.
        #expect(Self.values("ExecReload") == ["/usr/bin/bellwether ctl reload"])
        #expect(Self.values("ExecStartPre").isEmpty)
    }

    @Test("A08: bellwether(8) tells of each credential that the service asks for")
    func credentials() {
        let page = SourceTree.text("man/bellwether.8")
        let asked = Self.values("LoadCredential").map { $0.split(separator: ":") }
        #expect(!asked.isEmpty)
        for one in asked {
            // By name alone: a file that is not there must not keep the service from starting.
            #expect(one.count == 2 && one[1] == "bellwether.\(one[0])")
            #expect(page.contains(".It Pa bellwether.\(one[0])\n"), "\(one)")
        }
    }

    @Test("A08: scripts of the package stop at the first error, and only purge takes data away")
    func scripts() throws {
        let names = SourceTree.files.filter {
            $0.wholeMatch(of: /Packaging\/debian\/bellwether\.(pre|post)(inst|rm)/) != nil
        }
        #expect(names == [Self.folder + "bellwether.postrm"])
        for path in names {
            let text = SourceTree.text(path)
            #expect(text.hasPrefix("#!/bin/sh\nset -e"), "\(path)")
            #expect(text.hasSuffix("\n#DEBHELPER#\n"), "\(path)")
            let purge = try #require(text.range(of: "\nif [ \"$1\" = purge ]; then\n"))
            let end = try #require(
                text.range(of: "\nfi\n", range: purge.upperBound..<text.endIndex))
            let outside = text[..<purge.lowerBound] + text[end.upperBound...]
            for word in ["rm ", "rmdir", "-delete", "userdel", "deluser"] {
                #expect(!outside.contains("\n\(word)") && !outside.contains(" \(word)"), "\(path)")
            }
        }
    }

    @Test("A08: what goes to /etc is the configuration as shipped, which dpkg keeps the edits of")
    func configurationFiles() {
        let installed = Self.lines("bellwether.install").map { $0.split(separator: " ") }
        #expect(installed.allSatisfy { $0.count == 2 })
        let below = installed.filter { $0[1] == "etc" || $0[1].hasPrefix("etc/") }
        #expect(below == [["etc/bellwether/bellwether.toml", "etc/bellwether"]])
        #expect(Self.lines("bellwether.dirs") == ["etc/bellwether/bellwether.toml.d"])
        // debhelper makes conffiles of them; a list of its own would have to be kept up.
        #expect(!SourceTree.files.contains(Self.folder + "bellwether.conffiles"))
    }

    @Test("A08: every page, example, schema and completion of the tree is in the package")
    func contents() {
        #expect(Self.lines("bellwether.manpages") == ["man/*"])
        #expect(
            Self.lines("bellwether.examples") == ["etc/bellwether/examples/*", "etc/mosquitto"])
        #expect(Self.lines("bellwether.docs") == ["README.md", "Packaging/schemas"])
        let pages = SourceTree.files.filter { $0.hasPrefix("man/") }
        #expect(pages.count >= 10)
        #expect(pages.allSatisfy { $0.wholeMatch(of: /man\/[a-z.-]+\.[1578]/) != nil })
        let installed = Self.lines("bellwether.install").compactMap {
            $0.split(separator: " ").last
        }
        for folder in [
            "usr/bin", "usr/lib/systemd/catalog", "usr/share/bash-completion/completions",
            "usr/share/zsh/vendor-completions", "usr/share/fish/vendor_completions.d",
        ] {
            #expect(installed.contains(Substring(folder)), "\(folder)")
        }
    }
}
