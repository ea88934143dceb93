package compositions

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// at is a value inside an object; nil if there is none. Steps are field names and places in lists.
func at(object any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := object.(map[string]any)
			if !ok {
				return nil
			}
			object = m[step]
		case int:
			list, ok := object.([]any)
			if !ok || step >= len(list) {
				return nil
			}
			object = list[step]
		}
	}
	return object
}

// text is a string inside an object; empty if there is none.
func text(object any, path ...any) string {
	s, _ := at(object, path...).(string)
	return s
}

// whole is a whole number in an object: objects that came as JSON have floating-point numbers.
func whole(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case float64:
		return int64(value), true
	default:
		return 0, false
	}
}

// observedText is a string in a resource that exists.
func (b *builder) observedText(key string, path ...any) string {
	return text(b.observed.Resources[key], path...)
}

// keep goes on wanting a resource as it is, and tells whether there is one.
func (b *builder) keep(key string, k kind) bool {
	object := b.observed.Resources[key]
	spec, ok := object["spec"].(fields)
	if !ok {
		return false
	}
	metadata := fields{"name": text(object, "metadata", "name")}
	if name := text(object, "metadata", "annotations", annotationExternalName); name != "" {
		metadata["annotations"] = fields{annotationExternalName: name}
	}
	b.put(key, k.noun, fields{"apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": metadata, "spec": runtime.DeepCopyJSON(spec)})
	b.adopted[key] = true
	return true
}

// condition of an object of Crossplane.
func conditionOf(object any, kind string) (status, message string, found bool) {
	conditions, _ := at(object, "status", "conditions").([]any)
	for _, c := range conditions {
		if text(c, "type") == kind {
			return text(c, "status"), text(c, "message"), true
		}
	}
	return "", "", false
}

// ready tells whether a resource exists and says that it is ready. A usage is in force as soon as it exists.
func (b *builder) ready(key string) bool {
	object, exists := b.observed.Resources[key]
	if !exists {
		return false
	}
	if text(object, "kind") == "ClusterUsage" || text(object, "kind") == "Secret" && text(object, "apiVersion") == "v1" {
		return true
	}
	status, _, _ := conditionOf(object, "Ready")
	return status == "True"
}

// after tells that a resource which does not exist has to wait for another one to be ready, because AWS would refuse it before. One that exists is
// wanted whatever the other one is.
func (b *builder) after(first, key string, k kind) bool {
	if _, exists := b.observed.Resources[key]; exists || b.ready(first) {
		return false
	}
	b.hold(key, k.noun)
	return true
}

// unresolved starts the message of a resource that refers to another one that AWS has not made yet (crossplane-runtime: managed reconciler). It
// waits like that other one, and nobody has to act.
const unresolved = "cannot resolve references"

// throttled finds the codes by which AWS says that it has too many requests (the AWS SDK: retry.DefaultThrottleErrorCodes). Such a request is made
// again until it passes.
var throttled = regexp.MustCompile(`\b(EC2|Request)?(Throttling|Throttled)(Exception)?:|` +
	`\b(RequestLimitExceeded|TooManyRequestsException|SlowDown|PriorRequestNotComplete):`)

// condition says how far a claim is: what it waits for by kind, and the first resource that is refused, because there somebody has to act.
func (b *builder) condition() Condition {
	total, missing := map[string]int{}, map[string]int{}
	var refused, slowed, coming []string
	keys := slices.Sorted(maps.Keys(b.resources))
	for _, key := range append(keys, b.held...) {
		noun := b.nouns[key]
		total[noun]++
		_, composed := b.resources[key]
		status, message, found := conditionOf(b.observed.Resources[key], "Synced")
		failed := found && status == "False"
		waits := failed && strings.HasPrefix(message, unresolved)
		if !composed || !b.ready(key) {
			missing[noun]++
			if composed && !waits {
				coming = append(coming, b.called(key))
			}
		}
		switch problem := b.called(key) + ": " + firstLine(message); {
		case !failed || waits:
		case throttled.MatchString(message):
			slowed = append(slowed, problem)
		default:
			refused = append(refused, problem)
		}
	}
	switch {
	case len(refused) > 0:
		return Condition{Reason: ReasonRefused, Message: firstOf(refused)}
	case len(slowed) > 0:
		return Condition{Reason: ReasonThrottled, Message: "AWS is asked again: " + firstOf(slowed)}
	case len(missing) > 0:
		return Condition{Reason: ReasonWaiting, Message: waiting(missing, total, coming)}
	default:
		return Condition{Ready: true, Reason: ReasonAvailable, Message: everything(len(keys))}
	}
}

// called is the name by which people find a resource.
func (b *builder) called(key string) string {
	if r := b.resources[key]; r != nil {
		if name := text(r.Object, "metadata", "name"); name != "" {
			return name
		}
	}
	return b.name(key)
}

// firstOf is the first of some problems, and how many more there are.
func firstOf(problems []string) string {
	if more := len(problems) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more)", problems[0], more)
	}
	return problems[0]
}

// waiting counts what is missing by kind, and names what AWS works on if that is little: all the rest may wait for it.
func waiting(missing, total map[string]int, coming []string) string {
	waits := make([]string, 0, len(missing))
	for _, noun := range slices.Sorted(maps.Keys(missing)) {
		waits = append(waits, fmt.Sprintf("%d of %s", missing[noun], plural(total[noun], noun)))
	}
	message := "waiting for " + strings.Join(waits, ", ")
	const few = 3
	if len(coming) > 0 && len(coming) <= few {
		message += ": " + strings.Join(coming, ", ")
	}
	return message
}

// everything is what is said when nothing is missing.
func everything(n int) string {
	if n == 1 {
		return "the resource is ready"
	}
	return fmt.Sprintf("all %d resources are ready", n)
}

// firstLine is what fits into a table of kubectl: the first line, of at most 300 characters.
func firstLine(message string) string {
	const most = 300
	line, _, _ := strings.Cut(message, "\n")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + " ..."
	}
	return line
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") && !strings.HasSuffix(noun, "ey"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	default:
		return fmt.Sprintf("%d %ss", n, noun)
	}
}
