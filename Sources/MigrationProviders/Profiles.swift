import CIM
import WBEMServer

/// A management profile that is followed here. Source: DSP1033 (Profile Registration).
struct FollowedProfile: Sendable {
    let number: String
    let name: String
    let version: String

    static let migration = FollowedProfile(number: "DSP1081", name: "Virtual System Migration", version: "0.8.1")
    /// Registered because DSP1081 builds on it.
    static let registration = FollowedProfile(number: "DSP1033", name: "Profile Registration", version: "1.0.0")
    static let all = [migration, registration]

    /// As libvirt-cim spells them.
    var instanceID: String { "CIM:\(number)-\(name.filter { $0 != " " })-\(version)" }

    func path(_ context: ProviderContext, in namespace: CIMNamespace) -> CIMObjectPath {
        CIMObjectPath(
            namespace: namespace, className: context.family.registeredProfile,
            keys: [CIMKeyBinding("InstanceID", .string(instanceID))])
    }

    /// The instances that the profile is about: its central instances.
    /// - Parameter namespace: the interop namespace that the profile is looked at in.
    func centralInstances(_ context: ProviderContext, in namespace: CIMNamespace) -> [CIMObjectPath] {
        if number == Self.migration.number { return [context.servicePath] }
        // The registration profile is about the registered profiles. Itself is left out: a loop helps nobody.
        return Self.all.filter { $0.number != number }.map { $0.path(context, in: namespace) }
    }
}

/// The registered profiles, in an interop namespace.
struct RegisteredProfileProvider: InstanceProvider {
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let specificationType = PropertyKey<UInt16>("SpecificationType")
    private static let organization = PropertyKey<UInt16>("RegisteredOrganization")
    private static let name = PropertyKey<String>("RegisteredName")
    private static let version = PropertyKey<String>("RegisteredVersion")
    private static let advertiseTypes = PropertyKey<[UInt16]>("AdvertiseTypes")
    private static let centralInstances = ParameterKey<[CIMObjectPath]>("CentralInstances")

    /// Of the migration classes' namespace.
    let context: ProviderContext
    let namespace: CIMNamespace

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.registeredProfile,
            properties: [
                Self.instanceID, Self.elementName, Self.specificationType, Self.organization, Self.name, Self.version,
                Self.advertiseTypes,
            ],
            methods: [
                MethodDeclaration(
                    "GetCentralInstances", requires: .observer, returns: .uint8, outputs: [Self.centralInstances])
            ])
    }

    func instances() async throws(CIMError) -> InstanceList {
        InstanceList(FollowedProfile.all) { profile in
            var builder = InstanceBuilder(context.family.registeredProfile)
            builder[Self.instanceID] = profile.instanceID
            builder[Self.elementName] = profile.name
            builder[Self.specificationType] = 2
            builder[Self.organization] = 2
            builder[Self.name] = profile.name
            builder[Self.version] = profile.version
            builder[Self.advertiseTypes] = [2]
            return builder.instance
        }
    }

    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        let id = call.object[Self.instanceID.name]?.stringValue
        guard let profile = FollowedProfile.all.first(where: { $0.instanceID == id }) else {
            throw CIMError(.notFound, "No such profile: \(call.object.text).")
        }
        var outcome = MethodOutcome(returnValue: .uint8(0))
        outcome[Self.centralInstances] = profile.centralInstances(context, in: namespace)
        return outcome
    }
}

/// What ties the profiles to each other and to their central instances.
enum ProfileAssociations {
    /// In an interop namespace: the profiles that are there.
    static func inInterop(_ context: ProviderContext, _ namespace: CIMNamespace) -> [any InstanceProvider] {
        [
            conforms(context, in: namespace) { profile in
                profile.centralInstances(context, in: namespace).map {
                    Tie(profile.path(context, in: namespace), $0)
                }
            },
            TieProvider(
                context.family.referencedProfile, in: namespace, roles: ("Antecedent", "Dependent"),
                TieRule {
                    [
                        Tie(
                            FollowedProfile.registration.path(context, in: namespace),
                            FollowedProfile.migration.path(context, in: namespace))
                    ]
                }),
        ]
    }

    /// In the namespace of the service: to the profile in each interop namespace, so that a client finds its way back
    /// whichever it came from.
    static func atTheService(_ context: ProviderContext, interop: [CIMNamespace]) -> TieProvider {
        conforms(context, in: context.namespace) { profile in
            interop.flatMap { namespace in
                profile.centralInstances(context, in: namespace)
                    .filter { $0.namespace == context.namespace }
                    .map { Tie(profile.path(context, in: namespace), $0) }
            }
        }
    }

    private static func conforms(
        _ context: ProviderContext, in namespace: CIMNamespace,
        _ ties: @escaping @Sendable (FollowedProfile) -> [Tie]
    ) -> TieProvider {
        TieProvider(
            context.family.elementConformsToProfile, in: namespace, roles: ("ConformantStandard", "ManagedElement"),
            TieRule { FollowedProfile.all.flatMap(ties) })
    }
}
