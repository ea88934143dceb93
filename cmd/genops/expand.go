package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/expand"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/problem"
)

// expandOptions are the options of expand.
type expandOptions struct {
	*global

	claim string
	names []string
}

// newExpand makes the command that shows what claims become.
func newExpand(g *global) *cobra.Command {
	o := &expandOptions{global: g}
	cmd := &cobra.Command{
		Use:   "expand [ENVIRONMENT...]",
		Short: "Show the resources that the claims of environments become",
		Long: `expand runs the compositions offline, with the code that the bootstrap cluster runs: it shows every managed resource that the claims of
the environments become, as a tree with counts, as YAML documents or as a JSON list of {environment, claim, key, resource}. It needs no cluster
and no credentials, and writes nothing.

What only AWS knows, such as the ARN of a key, is simulated: such a value says "simulated", and the annotation genops.dev/simulated of the
resource names its field. Keys are what the field adopt takes (genops explain adopt).`,
		Example: `  genops expand                       everything
  genops expand prod                  one environment
  genops expand prod --claim network  one claim, by kind, by name or by both: Network/prod
  genops expand prod -o yaml          the resources themselves`,
		PersistentPreRunE: func(*cobra.Command, []string) error { return g.validateOutput("text", "tree", "yaml", "json") },
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usageError{errors.New("expand: the name of an environment is empty")}
			}
			o.names = args
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&o.claim, "claim", "", "show this claim only: its kind, its name, or both as in Network/prod")
	return cmd
}

// expandedResource is one resource in the output of expand as JSON.
type expandedResource struct {
	Environment string         `json:"environment"`
	Claim       string         `json:"claim"`
	Key         string         `json:"key"`
	Resource    map[string]any `json:"resource"`
}

func (o *expandOptions) run(ctx context.Context) error {
	progress, stop := newProgress(o.global)
	defer stop()
	progress("reading environments")
	in, err := pipeline.Load(ctx, os.DirFS(o.dir), shown(o.dir), o.names)
	if err != nil {
		return err
	}
	progress("expanding claims")
	var write expandWriter
	switch o.output {
	case "json":
		write = &jsonList{w: o.out}
	case "yaml":
		write = yamlDocuments{w: o.out}
	default:
		write = resourceTree{w: o.out}
	}
	var known []string
	shownClaims := 0
	err = in.Expand(ctx, func(environment string, claims []*expand.Claim) error {
		var wanted []*expand.Claim
		for _, claim := range claims {
			known = append(known, claim.String())
			if o.claim == "" || claim.Matches(o.claim) {
				wanted = append(wanted, claim)
			}
		}
		if len(wanted) == 0 {
			return nil
		}
		shownClaims += len(wanted)
		stop()
		return write.environment(environment, wanted)
	})
	if err != nil {
		return err
	}
	if o.claim != "" && shownClaims == 0 {
		return o.unknownClaim(known)
	}
	return write.end()
}

// unknownClaim says which claims there are.
func (o *expandOptions) unknownClaim(known []string) error {
	const most = 12
	some := known
	if len(some) > most {
		some = append(slices.Clone(some[:most]), fmt.Sprintf("%d more", len(known)-most))
	}
	err := fmt.Errorf("--claim %q: there is no such claim: there are %s", o.claim, strings.Join(some, ", "))
	names := slices.Clone(known)
	for _, name := range known {
		kind, _, _ := strings.Cut(name, "/")
		names = append(names, strings.ToLower(kind))
	}
	if nearest, ok := problem.Nearest(o.claim, names); ok {
		err = fmt.Errorf("%w\n    hint: did you mean %s?", err, nearest)
	}
	return usageError{err}
}

// expandWriter writes expanded claims in one form.
type expandWriter interface {
	environment(name string, claims []*expand.Claim) error
	end() error
}

// jsonList writes a list, one resource after the other.
type jsonList struct {
	w     io.Writer
	begun bool
}

func (l *jsonList) environment(_ string, claims []*expand.Claim) error {
	for _, claim := range claims {
		for _, resource := range claim.Resources {
			separator := ",\n"
			if !l.begun {
				separator = "[\n"
				l.begun = true
			}
			if _, err := io.WriteString(l.w, separator+"  "); err != nil {
				return fmt.Errorf("write output: %w", err)
			}
			var text strings.Builder
			encoder := json.NewEncoder(&text)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("  ", "  ")
			err := encoder.Encode(expandedResource{Environment: claim.Environment, Claim: claim.String(), Key: resource.Key, Resource: resource.Object})
			if err != nil {
				return fmt.Errorf("write %s: %w", resource.Key, err)
			}
			if _, err := io.WriteString(l.w, strings.TrimSuffix(text.String(), "\n")); err != nil {
				return fmt.Errorf("write output: %w", err)
			}
		}
	}
	return nil
}

func (l *jsonList) end() error {
	text := "\n]\n"
	if !l.begun {
		text = "[]\n"
	}
	if _, err := io.WriteString(l.w, text); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// yamlDocuments writes the resources, each with a comment that says what it is.
type yamlDocuments struct{ w io.Writer }

func (y yamlDocuments) environment(_ string, claims []*expand.Claim) error {
	for _, claim := range claims {
		for _, resource := range claim.Resources {
			text, err := manifest.Encode(claim.String()+": "+resource.Key, resource.Object)
			if err != nil {
				return fmt.Errorf("write %s: %w", resource.Key, err)
			}
			if _, err := fmt.Fprintf(y.w, "---\n%s", text); err != nil {
				return fmt.Errorf("write output: %w", err)
			}
		}
	}
	return nil
}

func (yamlDocuments) end() error { return nil }

// resourceTree writes environments, claims, kinds with counts, and resources.
type resourceTree struct{ w io.Writer }

func (t resourceTree) environment(name string, claims []*expand.Claim) error {
	var b strings.Builder
	total := 0
	for _, claim := range claims {
		total += len(claim.Resources)
	}
	fmt.Fprintf(&b, "%s: %s, %s\n", name, problem.Plural(len(claims), "claim"), problem.Plural(total, "resource"))
	for i, claim := range claims {
		branch, indent := "├─ ", "│  "
		if i == len(claims)-1 {
			branch, indent = "└─ ", "   "
		}
		fmt.Fprintf(&b, "%s%s: %s\n", branch, claim, problem.Plural(len(claim.Resources), "resource"))
		writeKinds(&b, indent, claim.Resources)
	}
	if _, err := io.WriteString(t.w, b.String()); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

func (resourceTree) end() error { return nil }

// writeKinds writes the resources of a claim by kind.
func writeKinds(b *strings.Builder, indent string, resources []compositions.Resource) {
	byKind := map[string][]compositions.Resource{}
	var kinds []string
	for _, resource := range resources {
		kind, _ := resource.Object["kind"].(string)
		if byKind[kind] == nil {
			kinds = append(kinds, kind)
		}
		byKind[kind] = append(byKind[kind], resource)
	}
	slices.Sort(kinds)
	for i, kind := range kinds {
		branch, inner := "├─ ", "│  "
		if i == len(kinds)-1 {
			branch, inner = "└─ ", "   "
		}
		fmt.Fprintf(b, "%s%s%d %s\n", indent, branch, len(byKind[kind]), kind)
		for j, resource := range byKind[kind] {
			leaf := "├─ "
			if j == len(byKind[kind])-1 {
				leaf = "└─ "
			}
			simulated := ""
			if len(resource.FromObserved) > 0 {
				simulated = "  (simulated: " + strings.Join(resource.FromObserved, ", ") + ")"
			}
			fmt.Fprintf(b, "%s%s%s%s%s\n", indent, inner, leaf, resource.Key, simulated)
		}
	}
}
