package awsstandin

import (
	"encoding/json"
	"fmt"
)

// Existing is a resource that AWS has although no managed resource has made it.
type Existing struct {
	// Kind with its group, such as ec2.aws.upbound.io/VPC.
	Kind string
	// Account and Region; IAM has no region.
	Account, Region string
	// ExternalName is the id that AWS gave, or the chosen name.
	ExternalName string
	// Params are the fields of spec.forProvider that say how it was made, with ids and without references.
	Params map[string]any
}

// Import puts a resource into AWS, for adoption.
func (s *Standin) Import(e Existing) error {
	k, known := s.kinds[e.Kind]
	if !known {
		return fmt.Errorf("import %s: the stand-in does not know the kind %q", e.ExternalName, e.Kind)
	}
	p := place{partition: "aws", account: e.Account, region: e.Region}
	if k.global() {
		p.region = ""
	}
	// Params may have been written in Go: what is kept is as if it had come from the API server.
	data, err := json.Marshal(e.Params)
	if err != nil {
		return fmt.Errorf("import %s: %w", e.ExternalName, err)
	}
	params := fields{}
	if err := json.Unmarshal(data, &params); err != nil {
		return fmt.Errorf("import %s: %w", e.ExternalName, err)
	}
	r := &resource{kind: k, place: p, params: clone(params), version: 1}
	r.identity = identify(k, e.ExternalName, r.params)
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	if s.cloud.resources[r.slot()] != nil {
		return fmt.Errorf("import %s %s: it exists already", e.Kind, e.ExternalName)
	}
	s.cloud.add(r)
	return nil
}
