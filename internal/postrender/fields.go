package postrender

// allowedHint names what a kustomization may hold here.
const allowedHint = "allowed here: patches, replacements, labels, commonAnnotations, images, replicas"

// allowed reports whether a kustomization may hold the top-level field.
func allowed(field string) bool {
	switch field {
	case "apiVersion", "kind", "metadata", "patches", "replacements", "labels", "commonAnnotations", "images", "replicas":
		return true
	}
	return false
}

// refusal says why a field of kustomize is refused, and what helps. ok is
// false if kustomize has no such field.
func refusal(field string) (message, hint string, ok bool) {
	switch field {
	case "resources", "components", "bases", "generators", "configMapGenerator", "secretGenerator", "generatorOptions",
		"helmCharts", "helmGlobals", "helmChartInflationGenerator":
		return "adds objects; a kustomization here only changes the ones that genops generates", allowedHint, true
	case "namePrefix", "nameSuffix":
		return "changes the names of objects, and a name is an object's identity", "labels or commonAnnotations mark all objects", true
	case "namespace":
		return "moves objects, and the namespace is part of an object's identity", "labels or commonAnnotations mark all objects", true
	case "commonLabels":
		return "is deprecated by kustomize, and changes selectors that cannot change", "use labels", true
	case "patchesStrategicMerge", "patchesJson6902":
		return "is deprecated by kustomize", "use patches", true
	case "imageTags":
		return "is deprecated by kustomize", "use images", true
	case "vars":
		return "is deprecated by kustomize", "use replacements", true
	case "openapi", "crds", "configurations", "transformers", "validators", "buildMetadata", "sortOptions":
		return "changes how kustomize works, which is the same for all environments", allowedHint, true
	}
	return "", "", false
}
