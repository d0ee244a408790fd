/// Records as the first version encoded them, byte for byte.
enum FirstVersionRecords {
    /// A live move under way: the phase is 4, Transferring.
    static let transferring = #"""
        {"cancelIsRequested":false,"changedAt":{"microseconds":1769860801000000},\#
        "destinationHostUUID":"aaaaaaaa-0000-4000-8000-000000000002","errors":[],\#
        "findings":[{"checkID":"disks-reachable","elapsedMicroseconds":12,"message":"All disks are reachable.",\#
        "needed":"","remedy":"","seen":"","severity":2}],"id":{"text":"j1"},"isMoving":false,"knowledge":[],\#
        "phase":4,"plan":{"destination":{"bandwidthMiBPerSecond":500,"isUnlisted":false,"name":"beta",\#
        "peerURI":"qemu+tls://beta.example/system","uri":"qemu+tls://beta/system"},"guestName":"web",\#
        "guestUUID":{"text":"11111111-2222-4333-8444-555555555555"},"request":{"checkParameters":["a=1"],\#
        "destination":"beta","guest":{"name":{"_0":"web"}},"kind":2,"owner":"root","priority":0},\#
        "source":{"isUnlisted":false,"migrationAddress":"192.0.2.1","name":"alpha",\#
        "uri":"qemu+tls://alpha/system"}},"progress":{"percent":50,"processed":536870912,"remaining":536870912,\#
        "total":1073741824},"sourceHostUUID":"aaaaaaaa-0000-4000-8000-000000000001","sourceSightings":0,\#
        "startedAt":{"microseconds":1769860800100000},"submittedAt":{"microseconds":1769860800000000},\#
        "timeline":[{"at":{"microseconds":1769860800000000},"text":"submitted by root"},\#
        {"at":{"microseconds":1769860800100000},"text":"checking"},{"at":{"microseconds":1769860801000000},\#
        "text":"transferring"}],"transfer":{"live":{"_0":{"allowsUnsafeDisks":false,"bandwidthMiBPerSecond":500,\#
        "isPersistent":true,"peerURI":"qemu+tls://beta.example/system"}}},"transferCallEnded":false,\#
        "verifyAttempts":0}
        """#

    /// An offline move that failed: the phase is 7.
    static let failed = #"""
        {"cancelIsRequested":false,"changedAt":{"microseconds":1769860802000000},\#
        "endedAt":{"microseconds":1769860802000000},"errors":[{"hypervisor":{"call":"virDomainMigrateToURI3",\#
        "code":"operationFailed","message":"operation failed","number":9,"uri":"qemu+tls://alpha/system"},\#
        "message":"Migration failed: operation failed.","remedy":"Check again.","source":"operationFailed"}],\#
        "findings":[],"id":{"text":"j2"},"isMoving":false,"knowledge":["on alpha: shutOff, persistent",\#
        "on beta: not there"],"phase":7,"plan":{"destination":{"bandwidthMiBPerSecond":500,"isUnlisted":false,\#
        "name":"beta","peerURI":"qemu+tls://beta.example/system","uri":"qemu+tls://beta/system"},\#
        "guestName":"web","guestUUID":{"text":"11111111-2222-4333-8444-555555555555"},\#
        "request":{"destination":"beta","guest":{"uuid":{"_0":{"text":"11111111-2222-4333-8444-555555555555"}}},\#
        "kind":1,"owner":"root","priority":0},"source":{"isUnlisted":false,"migrationAddress":"192.0.2.1",\#
        "name":"alpha","uri":"qemu+tls://alpha/system"}},"progress":{"percent":0},"sourceSightings":0,\#
        "submittedAt":{"microseconds":1769860800000000},"timeline":[{"at":{"microseconds":1769860800000000},\#
        "text":"submitted by root"},{"at":{"microseconds":1769860802000000},"text":"the guest stays on alpha"}],\#
        "transfer":{"offline":{"_0":{"peerURI":"qemu+tls://beta.example/system"}}},"transferCallEnded":true,\#
        "transferError":{"call":"virDomainMigrateToURI3","code":"operationFailed","message":"operation failed",\#
        "number":9,"uri":"qemu+tls://alpha/system"},"verifyAttempts":0}
        """#
}
