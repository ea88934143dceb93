package generators

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/compositions"
)

// conditions is the beginning of the health checks of what Crossplane composes: its conditions by type.
const conditions = `local condition = {}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do condition[c.type] = c end
end
local ready, synced, made = condition["Ready"], condition["Synced"], condition["` + compositions.ConditionType + `"]
`

// claimHealth tells Argo CD how a claim is: it has checks for Crossplane's own kinds and for managed resources, not for the kinds of a
// platform. Not synced is Degraded with Crossplane's reason, and so is what AWS refuses: somebody has to act. What is not there yet is
// Progressing, because AWS takes its time.
const claimHealth = conditions + `if synced ~= nil and synced.status == "False" then
  if synced.reason == "ReconcilePaused" then
    return {status = "Suspended", message = "paused"}
  end
  return {status = "Degraded", message = synced.message or synced.reason}
end
if made ~= nil and made.status ~= "True" then
  if made.reason == "` + compositions.ReasonRefused + `" then
    return {status = "Degraded", message = made.message}
  end
  return {status = "Progressing", message = made.message or made.reason}
end
if ready == nil then
  return {status = "Progressing", message = "waiting for Crossplane"}
end
if ready.status == "True" then
  return {status = "Healthy", message = "ready"}
end
return {status = "Progressing", message = ready.message or ready.reason}
`

// registrationHealth never says Progressing, so that the root Application, which prunes after everything in it is healthy, does not wait for EKS:
// a registration is there as soon as its cluster is.
const registrationHealth = conditions + `if synced ~= nil and synced.status == "False" and synced.reason ~= "ReconcilePaused" then
  return {status = "Degraded", message = synced.message or synced.reason}
end
if made ~= nil and made.reason == "` + compositions.ReasonRefused + `" then
  return {status = "Degraded", message = made.message}
end
if made ~= nil then
  return {status = "Healthy", message = made.message or made.reason}
end
return {status = "Healthy", message = "waiting for Crossplane"}
`

// packageHealth tells Argo CD how a provider or function of Crossplane is. Its own check calls one degraded until it runs, which ends the sync of
// the root Application on the first day: its wave waits for them instead. A package that cannot be had is Degraded with Crossplane's message.
const packageHealth = `local condition = {}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do condition[c.type] = c end
end
local installed, healthy = condition["Installed"], condition["Healthy"]
if installed ~= nil and installed.status == "False" and installed.message ~= nil and installed.message ~= "" then
  return {status = "Degraded", message = installed.message}
end
if installed ~= nil and installed.status == "True" and healthy ~= nil and healthy.status == "True" then
  return {status = "Healthy", message = "installed"}
end
if healthy ~= nil and healthy.status ~= "True" then
  return {status = "Progressing", message = healthy.message or healthy.reason}
end
return {status = "Progressing", message = "waiting for Crossplane to install the package"}
`

// applicationHealth gives Applications a health again, so that sync waves of the root Application wait for what its children bring. Root is among
// what it brings, and does not wait for itself: a commit that adds something, pushed while the one before is synced, makes it unhealthy.
const applicationHealth = `if obj.metadata ~= nil and obj.metadata.name == "root" then
  return {status = "Healthy", message = ""}
end
local hs = {status = "Progressing", message = ""}
if obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  hs.message = obj.status.health.message or ""
end
return hs
`

// setHealth keeps a rollout through the stages from counting as unfinished work of the root Application: Argo CD's own check says Progressing
// while one waits for a sync window, and root would bring no later commit, the repair included.
const setHealth = `local hs = {status = "Healthy", message = ""}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, c in ipairs(obj.status.conditions) do
    if c.type == "ErrorOccurred" and c.status == "True" then
      hs.status = "Degraded"
      hs.message = c.message
    end
  end
end
return hs
`

// exclusions are kinds that Argo CD does not look at: the defaults that it ships (setting the key replaces them) and the usages of provider
// configurations, of which there is one for each managed resource.
const exclusions = `- apiGroups: ["", discovery.k8s.io]
  kinds: [Endpoints, EndpointSlice]
- apiGroups: [coordination.k8s.io]
  kinds: [Lease]
- apiGroups: [authentication.k8s.io, authorization.k8s.io]
  kinds: [SelfSubjectReview, TokenReview, LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview]
- apiGroups: [certificates.k8s.io]
  kinds: [CertificateSigningRequest]
- apiGroups: [cert-manager.io]
  kinds: [CertificateRequest]
- apiGroups: [cilium.io]
  kinds: [CiliumIdentity, CiliumEndpoint, CiliumEndpointSlice]
- apiGroups: [kyverno.io, reports.kyverno.io, wgpolicyk8s.io]
  kinds: [PolicyReport, ClusterPolicyReport, EphemeralReport, ClusterEphemeralReport, AdmissionReport, ClusterAdmissionReport,
    BackgroundScanReport, ClusterBackgroundScanReport, UpdateRequest]
- apiGroups: ["*"]
  kinds: [ProviderConfigUsage]
`

// newSettings makes Argo CD's main ConfigMap. It comes through the root Application, so that a change of the claims' group and of what is
// said of their health travel together.
func newSettings() *corev1.ConfigMap {
	custom := func(kinds, script string) string {
		return "\"" + kinds + "\":\n  health.lua: |\n    " + strings.ReplaceAll(strings.TrimSuffix(script, "\n"), "\n", "\n    ") + "\n"
	}
	return &corev1.ConfigMap{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        "argocd-cm",
			Namespace:   namespaceArgoCD,
			Labels:      map[string]string{"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"},
			Annotations: with(wave(waveNamespaces), annotationSyncOptions, "Prune=false,Delete=false"),
		},
		Data: map[string]string{
			// Crossplane copies a claim's labels to its composite: tracking by label would take the composite for something to prune.
			"application.resourceTrackingMethod": "annotation",
			"resource.exclusions":                exclusions,
			// A wildcard works only in this combined key.
			"resource.customizations": custom(Group+"/*", claimHealth) + custom(Group+"/ClusterRegistration", registrationHealth) +
				custom("argoproj.io/Application", applicationHealth) + custom("argoproj.io/ApplicationSet", setHealth) +
				custom("pkg.crossplane.io/Provider", packageHealth) + custom("pkg.crossplane.io/Function", packageHealth),
		},
	}
}
