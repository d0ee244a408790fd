import HTTPTransport
import WBEMServer
import XML

/// The configuration in the terms of the server's rooms.
extension Configuration {
    /// - Parameter connections: what the process has descriptors for, if that is less than was asked for.
    func httpOptions(connections: Int) -> HTTPServer.Options {
        var options = HTTPServer.Options()
        options.headerBytes = limits.headerBytes
        options.bodyBytes = limits.bodyBytes
        options.connections = connections
        options.concurrentRequests = limits.concurrentRequests
        options.waitingRequests = limits.waitingRequests
        options.bufferedBytes = limits.bufferedBytes
        options.requestTimeout = limits.requestTime
        options.responseTimeout = limits.responseTime
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
        XMLLimits(bytes: bodyBytes, depth: xmlDepth, elements: xmlElements, attributes: xmlAttributes)
    }

    var callLimits: CallLimits { CallLimits(arrayElements: arrayElements) }
}
