import FakeHypervisor
import FoundationEssentials
import Logging

/// The file that describes a fake world.
enum FakeWorldFile {
    /// A file larger than this is none.
    private static let bound = 16 << 20

    /// - Parameter speed: seconds of the world per second.
    /// - Throws: `StartError(.hypervisor)`
    static func world(_ file: String, speed: Double) throws(StartError) -> SimulatedWorld {
        do throws(SimulationError) {
            return try SimulatedWorld(WorldDescription(yaml: try text(of: file), source: file), speed: speed)
        } catch {
            throw StartError(.hypervisor, "\(error)")
        }
    }

    private static func text(of file: String) throws(SimulationError) -> String {
        do {
            let data = try Data(contentsOf: URL(filePath: file))
            guard data.count <= bound, let text = String(data: data, encoding: .utf8) else {
                throw SimulationError(.invalidValue, "\(file) is too large, or no UTF-8", remedy: "name a file of YAML")
            }
            return text
        } catch let error as SimulationError {
            throw error
        } catch {
            throw SimulationError(.inputOutput, "\(file) cannot be read: \(error)", remedy: "name a file of YAML")
        }
    }
}

extension SimulatedWorld {
    /// The world moves in the background; its control socket stands beside it where there is to be one.
    func services(controlSocket path: String?, _ logger: Logger) -> [BackgroundService] {
        let moving = BackgroundService { await self.run() }
        guard let path else { return [moving] }
        let socket = ControlSocket(world: self, path: path)
        return [
            moving,
            BackgroundService {
                try await socket.run { logger.notice("world open", metadata: ["socket": "\(path)"]) }
            },
        ]
    }
}
