// libvirt's client library and its errors, with the two things Swift cannot reach by itself.
#ifndef MIGRATIOND_CLIBVIRT_H
#define MIGRATIOND_CLIBVIRT_H

#include <stddef.h>

// Makes VIR_ERR_NUMBER_LAST visible: a test walks every error number there is.
#define VIR_ENUM_SENTINELS
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

// VIR_DOMAIN_EVENT_CALLBACK is a function-like macro around a cast between function types; Swift imports neither.
static inline int clibvirt_register_lifecycle(
    virConnectPtr connection, virConnectDomainEventCallback callback, void *opaque, virFreeCallback release)
{
    return virConnectDomainEventRegisterAny(
        connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

static inline int clibvirt_register_job_completed(
    virConnectPtr connection, virConnectDomainEventJobCompletedCallback callback, void *opaque,
    virFreeCallback release)
{
    return virConnectDomainEventRegisterAny(
        connection, NULL, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

#endif
