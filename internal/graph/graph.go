// Package graph draws environments and the whole platform: what there is, in frames, and what passes between. A diagram is made of the loaded
// configuration and never of rendered files; Mermaid, Graphviz and SVG are three ways to write the same one.
//
// Each domain has a file of its own that adds its nodes, and a line in parts. A link whose ends are not both drawn is left out, and so is a frame
// without anything in it: a domain need not know which others there are.
package graph

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Graph is a diagram.
type Graph struct {
	// Title says what is drawn.
	Title string
	// Frames stand after the frames that hold them.
	Frames []Frame
	Nodes  []Node
	Links  []Link
}

// Frame surrounds what belongs together.
type Frame struct {
	// ID is made by id, and nothing else in the graph has it.
	ID string
	// Parent is the frame around this one, empty at the top.
	Parent string
	Style  FrameStyle
	Title  string
	Note   string
	// Column within the parent, counted from the left. Frames and nodes of one column stand below each other in the order in which they were added.
	Column int
	// Align names frames whose columns have the same widths. Only nodes are in them.
	Align string

	order int
}

// FrameStyle is how a frame looks.
type FrameStyle string

// The styles of frames, from the outside to the inside.
const (
	FrameOutside FrameStyle = "outside"
	FrameAccount FrameStyle = "account"
	FrameNetwork FrameStyle = "network"
	FrameTier    FrameStyle = "tier"
	FrameCluster FrameStyle = "cluster"
)

// Node is one thing.
type Node struct {
	// ID is made by id, and nothing else in the graph has it.
	ID string
	// Frame that the node stands in, empty at the top.
	Frame string
	Kind  Kind
	Title string
	// Notes are lines below the title.
	Notes []string
	// Column within the frame, as Frame.Column.
	Column int
	// Store makes it look like something that keeps data.
	Store bool

	order int
}

// Kind is what a node is for: it decides the colour.
type Kind string

// The kinds of nodes.
const (
	Person     Kind = "person"
	Edge       Kind = "edge"
	Network    Kind = "network"
	Compute    Kind = "compute"
	Data       Kind = "data"
	Delivery   Kind = "delivery"
	Security   Kind = "security"
	Monitoring Kind = "monitoring"
)

// Link is what passes from one node to another.
type Link struct {
	From  string
	To    string
	Flow  Flow
	Label string
}

// Flow is what kind of thing passes along a link.
type Flow string

// The flows.
const (
	// Request is a request of a user, and what services ask of each other and of databases for it.
	Request Flow = "request"
	// Control is what builds and changes the platform: commits, claims.
	Control Flow = "control"
	// Image is a container image on its way to where it runs.
	Image Flow = "image"
	// Secret is what programs need to know and others must not.
	Secret Flow = "secret"
	// Copy is data that is kept a second time: replicas, backups.
	Copy Flow = "copy"
	// Signal is what is observed: logs, metrics, alarms, findings.
	Signal Flow = "signal"
)

// part adds the nodes of one domain. Either function may be missing.
type part struct {
	environment func(b *builder, e *schema.Environment)
	platform    func(b *builder)
}

// parts are the domains in the order in which they stand below each other.
func parts() []part {
	return []part{
		{environment: outside, platform: outsidePlatform},
		{environment: edge, platform: edgePlatform},
		{environment: network},
		{environment: balancer},
		{environment: services},
		{environment: cluster, platform: clusterPlatform},
		{environment: database, platform: databasePlatform},
		{environment: observability, platform: observabilityPlatform},
		{environment: organization, platform: organizationPlatform},
		{environment: baseline, platform: baselinePlatform},
		{environment: registry, platform: registryPlatform},
		{environment: stateBackend, platform: stateBackendPlatform},
		{environment: addresses, platform: networkPlatform},
		{environment: delivery, platform: deliveryPlatform},
	}
}

// Environment draws one environment of a configuration.
func Environment(c *schema.Config, e *schema.Environment) *Graph {
	b := newBuilder(c, "Environment "+e.Name)
	b.account(e)
	for _, p := range parts() {
		if p.environment != nil {
			p.environment(b, e)
		}
	}
	return b.done()
}

// Platform draws all accounts and environments of a configuration.
func Platform(c *schema.Config) *Graph {
	b := newBuilder(c, "Platform of "+c.Platform.Organization)
	b.accounts()
	for _, p := range parts() {
		if p.platform != nil {
			p.platform(b)
		}
	}
	return b.done()
}

// id makes an identifier that Mermaid and SVG take, of letters, digits and underscores. Kinds are single words and names have no underscores, so
// that no two pairs make the same one; what names cannot have is written as its number.
func id(kind, name string) string {
	var b strings.Builder
	b.WriteString(kind)
	b.WriteByte('_')
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '-':
			b.WriteByte('_')
		default:
			b.WriteString("U" + number(r) + "U")
		}
	}
	return b.String()
}
