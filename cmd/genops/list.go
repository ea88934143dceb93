package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/schema"
)

// listed is what list says of an environment.
type listed struct {
	Name       string `json:"name"`
	Stage      string `json:"stage"`
	Account    string `json:"account"`
	Region     string `json:"region"`
	CIDR       string `json:"cidr,omitempty"`
	Kubernetes string `json:"kubernetes,omitempty"`
}

// newList makes the command that lists environments.
func newList(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the environments: stage, account, region, CIDR and Kubernetes version",
		Args:  atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := schema.Load(cmd.Context(), os.DirFS(g.dir), shown(g.dir))
			if err != nil {
				return err
			}
			environments := list(config)
			if g.json() {
				return g.print(environments)
			}
			table := tabwriter.NewWriter(g.out, 0, 0, 3, ' ', 0)
			fmt.Fprintln(table, "NAME\tSTAGE\tACCOUNT\tREGION\tCIDR\tKUBERNETES")
			for _, e := range environments {
				row := []string{e.Name, e.Stage, e.Account, e.Region, e.CIDR, e.Kubernetes}
				for i, cell := range row {
					if cell == "" {
						row[i] = "-"
					}
				}
				fmt.Fprintln(table, strings.Join(row, "\t"))
			}
			if err := table.Flush(); err != nil {
				return fmt.Errorf("write output: %w", err)
			}
			return nil
		},
	}
}

// list says of each environment what people ask first.
func list(config *schema.Config) []listed {
	environments := make([]listed, 0, len(config.Environments))
	for _, e := range config.Environments {
		l := listed{Name: e.Name, Stage: string(e.Stage), Account: e.Account, Region: e.Region}
		if e.Network != nil {
			l.CIDR = e.Network.CIDR
		}
		if e.Cluster != nil {
			l.Kubernetes = config.ClusterVersion(e)
		}
		environments = append(environments, l)
	}
	return environments
}

// shown is how a folder stands before file names in messages: not at all if it is the current one.
func shown(dir string) string {
	if dir == "." {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(dir, "./"), "/")
}
