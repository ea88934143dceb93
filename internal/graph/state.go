package graph

import "github.com/innovate-inc/genops/schema"

// IDs of the state backend.
const (
	idStates      = "states"
	idStateBucket = "statebucket"
	idLocks       = "locks"
	idTeams       = "teams"
)

// stateBackend draws where teams keep the states of Terraform.
func stateBackend(b *builder, e *schema.Environment) {
	if e.StateBackend == nil {
		return
	}
	b.frame(Frame{ID: idStates, Parent: accountFrame(e), Style: FrameNetwork, Title: "State backend", Note: e.Region})
	b.node(Node{
		ID: idStateBucket, Frame: idStates, Kind: Data, Store: true, Title: "S3 bucket", Notes: []string{"states", count(e.StateBackend.KeepVersions, "version")},
	})
	b.node(Node{ID: idLocks, Frame: idStates, Kind: Data, Store: true, Title: "DynamoDB table", Notes: []string{"locks"}})
	teams := e.StateBackend.Resolved()
	if len(teams) == 0 {
		return
	}
	notes := make([]string, 0, len(teams))
	for _, team := range teams {
		notes = append(notes, team.Name+": "+team.Prefix+"/")
	}
	b.node(Node{ID: idTeams, Kind: Person, Title: "Terraform teams", Notes: notes})
	b.link(idTeams, idStateBucket, Request, "states")
	b.link(idTeams, idLocks, Request, "")
}

// stateBackendPlatform draws which environment keeps states.
func stateBackendPlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.StateBackend == nil {
			continue
		}
		b.node(Node{
			ID: id(idStates, e.Name), Frame: id("environment", e.Name), Kind: Data, Store: true, Title: "State backend", Column: 1,
			Notes: []string{"Terraform", count(len(e.StateBackend.Teams), "team")},
		})
	}
}
