package generators

import (
	"maps"
	"strconv"

	"github.com/innovate-inc/genops/schema"
)

// Annotations of Argo CD (Argo CD user guide: sync options, sync phases and waves).
const (
	annotationSyncOptions    = "argocd.argoproj.io/sync-options"
	annotationSyncWave       = "argocd.argoproj.io/sync-wave"
	annotationCompareOptions = "argocd.argoproj.io/compare-options"
)

// Waves of the bootstrap cluster: what stands on something comes later. Argo CD starts a wave when the one before is healthy.
const (
	waveNamespaces      = -11
	waveCrossplane      = -10
	waveMirrors         = -9 // Crossplane begins to fetch a package at once: it has to know by then from where.
	wavePackages        = -8
	waveProviderConfigs = -7
	waveDefinitions     = -6
	waveCompositions    = -5
	waveApplications    = 10
)

// wave is the annotation that puts an object into a wave.
func wave(n int) map[string]string {
	return map[string]string{annotationSyncWave: strconv.Itoa(n)}
}

// with adds one annotation or label to a map of them.
func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// option adds an option to the sync options among the annotations.
func option(annotations map[string]string, added string) map[string]string {
	if options := annotations[annotationSyncOptions]; options != "" {
		added = options + "," + added
	}
	return with(annotations, annotationSyncOptions, added)
}

// confirmed are the annotations of an object whose deletion would destroy something that a person should confirm: in protected environments
// Argo CD neither prunes nor deletes it without an approval (Argo CD user guide: Prune=confirm, Delete=confirm).
func confirmed(e *schema.Environment, annotations map[string]string) map[string]string {
	if !e.Protected() {
		return annotations
	}
	return with(annotations, annotationSyncOptions, "Prune=confirm,Delete=confirm")
}
