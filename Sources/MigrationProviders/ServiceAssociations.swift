import CIM
import MigrationLogic
import WBEMServer

/// What the migration service is tied to. Source: DSP1081; classes and values as libvirt-cim gives them, and those that
/// the profile wants and libvirt-cim lacks.
enum ServiceAssociations {
    static func all(_ context: ProviderContext) -> [any InstanceProvider] {
        [
            hostedService(context), affectsElement(context), capabilities(context), settings(context),
            settingsOfCapabilities(context),
        ]
    }

    private static func hostedService(_ context: ProviderContext) -> TieProvider {
        TieProvider(
            context.family.hostedService, in: context.namespace, roles: ("Antecedent", "Dependent"),
            TieRule { [Tie(context.hostPath(context.machineName), context.servicePath)] })
    }

    /// ElementEffects 5: it manages the guests.
    private static func affectsElement(_ context: ProviderContext) -> TieProvider {
        let effects = PropertyKey<[UInt16]>("ElementEffects")
        // The service's path is worked out once for all guests.
        @Sendable func ties() -> @Sendable (Guest) -> Tie {
            let service = context.servicePath
            return { Tie(context.guestPath($0), service) }
        }
        return TieProvider(
            context.family.serviceAffectsElement, in: context.namespace, roles: ("AffectedElement", "AffectingElement"),
            extra: [effects], fill: { $1[effects] = [5] },
            TieRule(
                all: { make in
                    let tie = ties()
                    return InstanceList(context.guests.all) { make(tie($0)) }
                },
                of: { path in
                    if path == context.servicePath { return context.guests.all.map(ties()) }
                    return context.guest(at: path).map { [ties()($0)] } ?? []
                }))
    }

    /// Characteristics 2: the default ones. The hosts have them, too.
    private static func capabilities(_ context: ProviderContext) -> TieProvider {
        let characteristics = PropertyKey<[UInt16]>("Characteristics")
        return TieProvider(
            context.family.elementCapabilities, in: context.namespace, roles: ("ManagedElement", "Capabilities"),
            extra: [characteristics], fill: { $1[characteristics] = [2] },
            TieRule {
                let elements = [context.servicePath] + context.hostSystems.map { context.hostPath($0.name) }
                return elements.map { Tie($0, context.capabilitiesPath) }
            })
    }

    /// The settings that hold for whoever sends none.
    private static func settings(_ context: ProviderContext) -> TieProvider {
        let isDefault = PropertyKey<UInt16>("IsDefault")
        return TieProvider(
            context.family.elementSettingData, in: context.namespace, roles: ("ManagedElement", "SettingData"),
            extra: [isDefault], fill: { $1[isDefault] = 1 },
            TieRule { [Tie(context.servicePath, context.settingsPath)] })
    }

    /// Each value by itself, a default, a point.
    private static func settingsOfCapabilities(_ context: ProviderContext) -> TieProvider {
        let policy = PropertyKey<UInt16>("PropertyPolicy")
        let role = PropertyKey<UInt16>("ValueRole")
        let range = PropertyKey<UInt16>("ValueRange")
        return TieProvider(
            context.family.settingsDefineCapabilities, in: context.namespace,
            roles: ("GroupComponent", "PartComponent"), extra: [policy, role, range],
            fill: { _, builder in
                builder[policy] = 0
                builder[role] = 0
                builder[range] = 0
            }, TieRule { [Tie(context.capabilitiesPath, context.settingsPath)] })
    }
}
