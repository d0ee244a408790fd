import HTTPTransport
import WBEMServer
import XML

/// The configuration in the terms of the server's rooms.
extension Configuration {
    var httpOptions: HTTPServer.Options {
        var options = HTTPServer.Options()
        options.headerBytes = limits.headerBytes
        options.bodyBytes = limits.bodyBytes
        options.connections = limits.connections
        options.concurrentRequests = limits.concurrentRequests
        options.requestTimeout = limits.requestTime
        options.idleTimeout = limits.idleTime
        options.shutdownTimeout = service.shutdownGrace
        return options
    }
}

extension Configuration.Limits {
    var enumerationLimits: EnumerationSessions.Limits {
        EnumerationSessions.Limits(
            total: enumerations, perUser: enumerationsPerUser, defaultTimeout: enumerationTime)
    }

    var messageLimits: XMLLimits {
        XMLLimits(bytes: bodyBytes, depth: xmlDepth, elements: xmlElements)
    }
}
