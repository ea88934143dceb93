package awsstandin

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// annotationExternalName is how AWS knows a resource (crossplane-runtime: meta).
const annotationExternalName = "crossplane.io/external-name"

// resource is one that AWS has.
type resource struct {
	kind  kind
	place place
	// identity is what no other resource of the kind has in this place.
	identity string
	// object and uid are those of the managed resource that it belongs to; empty for what nobody manages.
	object, uid string
	// maker is the managed resource that it was made for; empty for what was there before.
	maker string
	// again counts resources that were made for the same managed resource before.
	again int
	// params are what AWS was asked for last.
	params fields
	// version counts the changes of a launch template.
	version int64
	// address is where a cluster is reached.
	address *ClusterAddress
	// failure is why a cluster could not be started.
	failure error
	// shown tells that the provider once saw the resource complete.
	shown bool
}

// slot is where a resource is kept.
type slot struct{ kind, account, region, identity string }

func (r *resource) slot() slot {
	return slot{r.kind.full(), r.place.account, r.place.region, r.identity}
}

// cloud is AWS: all accounts and regions.
type cloud struct {
	mu        sync.Mutex
	resources map[slot]*resource
	managed   map[key]*resource
	addresses map[slot]*ClusterAddress // Of clusters that were started, also of deleted ones.
	starting  map[slot]bool            // Clusters that are being started.
	made      map[key]int              // How often the resource of a managed resource was made.

	history []Event
	tasks   sync.WaitGroup

	idFields, idPrefixes map[string]string
}

func newCloud() *cloud {
	return &cloud{
		resources: map[slot]*resource{}, managed: map[key]*resource{}, addresses: map[slot]*ClusterAddress{}, starting: map[slot]bool{},
		made: map[key]int{}, idFields: idFields(), idPrefixes: idPrefixes(),
	}
}

// want is what a managed resource asks for.
type want struct {
	kind        kind
	place       place
	object, uid string
	external    string // External-name, if there is one.
	known       string // status.atProvider.id: what an earlier stand-in has made.
	may         policies
	params      fields // spec.forProvider, resolved.
	initial     fields // spec.initProvider: counts only at creation.
	refuse      string // Message of an injected error of creation.
	stuck       bool   // Creation never ends.
}

// view is what the provider sees of a resource.
type view struct {
	external string
	// provider is status.atProvider; nil while the resource is being made.
	provider fields
	defaults fields // For late initialisation.
	ready    bool
	// creating tells that the resource is not there: what could not be made is not ready (crossplane-runtime: managed reconciler).
	creating bool
	// start is set when a cluster has to be started.
	start *ClusterRequest
}

// ensure does one reconciliation: it finds, adopts, makes or changes the resource.
func (c *cloud) ensure(w want) (view, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.params, _ = withoutReferences(w.params).(fields)
	w.initial, _ = withoutReferences(w.initial).(fields)
	r, err := c.observe(w)
	if err != nil {
		return view{}, fmt.Errorf("observe failed: %w", err)
	}
	if r == nil {
		if !w.may.create {
			return view{}, errors.New("observe failed: external resource does not exist")
		}
		if r, err = c.create(w); err != nil {
			return view{creating: true}, fmt.Errorf("create failed: %w", err)
		}
		c.made[key{w.kind.full(), w.object}]++
	} else if w.may.update {
		if err := c.update(r, w); err != nil {
			return view{}, fmt.Errorf("update failed: %w", err)
		}
	}
	start := c.start(r)
	if r.failure != nil {
		return view{}, fmt.Errorf("create failed: %w", r.failure)
	}
	pending := r.kind.full() == kindCluster && r.address == nil || c.unproved(r)
	if pending || w.stuck && !r.shown {
		return view{start: start}, nil
	}
	r.shown = true
	return view{external: externalOf(r), provider: c.attributes(r), defaults: defaults(r), ready: !w.stuck, start: start}, nil
}

// observe finds the resource that a managed resource means; nil if there is none yet.
func (c *cloud) observe(w want) (*resource, error) {
	k := key{w.kind.full(), w.object}
	r := c.managed[k]
	if r != nil && (r.uid != w.uid || r.place != w.place || w.external != "" && w.kind.identity != computed && w.external != externalOf(r)) {
		// Another object of the same name, or another resource is meant now. What was made stays in AWS.
		r.object, r.uid = "", ""
		delete(c.managed, k)
		r = nil
	}
	if r != nil {
		return r, nil
	}
	identity := identify(w.kind, w.external, w.params)
	if identity == "" {
		return nil, nil // AWS will give an id.
	}
	r = c.resources[slot{w.kind.full(), w.place.account, w.place.region, identity}]
	switch {
	case r == nil && w.kind.identity == given && (w.known == w.external || existed(w.kind, w.external)):
		// This stand-in was started after the resource was made.
		r = c.add(&resource{kind: w.kind, place: w.place, identity: identity, object: w.object, uid: w.uid, params: merge(w.initial, w.params), version: 1})
		c.note(Adopted, r)
		return r, nil
	case r == nil && w.kind.identity == given:
		return nil, notFound(w.kind, w.external)
	case r == nil:
		return nil, nil
	case r.object != "":
		return nil, fmt.Errorf("%s: %s %q already exists and belongs to the managed resource %s", alreadyExists(w.kind), w.kind.name, identity, r.object)
	default:
		r.object, r.uid = w.object, w.uid
		c.managed[k] = r
		c.note(Adopted, r)
		return r, nil
	}
}

func (c *cloud) create(w want) (*resource, error) {
	if w.refuse != "" {
		return nil, errors.New(w.refuse)
	}
	if longest := w.kind.longest; w.kind.identity == chosen && (w.external == "" || longest > 0 && len(w.external) > longest) {
		return nil, fmt.Errorf("ValidationError: name %q has %d characters, allowed are 1 to %d", w.external, len(w.external), longest)
	}
	r := &resource{kind: w.kind, place: w.place, object: w.object, uid: w.uid, maker: w.object, params: merge(w.initial, w.params), version: 1}
	if w.kind.identity == chosen {
		r.identity = identify(w.kind, w.external, r.params)
	}
	if err := c.check(r); err != nil {
		return nil, err
	}
	r.identity = identify(w.kind, w.external, r.params)
	if w.kind.identity == given {
		c.giveNewID(r)
	}
	if taken := c.resources[r.slot()]; taken != nil && puts(w.kind) {
		delete(c.managed, key{w.kind.full(), taken.object})
	} else if taken != nil {
		return nil, fmt.Errorf("%s: %s %q already exists", alreadyExists(w.kind), w.kind.name, r.identity)
	}
	c.note(Created, r)
	return c.add(r), nil
}

// giveNewID gives a resource an id that no other has. Ids that follow from names stay what they are: AWS refuses these.
func (c *cloud) giveNewID(r *resource) {
	for r.identity = giveID(r); c.resources[r.slot()] != nil; {
		taken := r.identity
		r.again++
		if r.identity = giveID(r); r.identity == taken {
			return
		}
	}
}

func (c *cloud) add(r *resource) *resource {
	c.resources[r.slot()] = r
	if r.object != "" {
		c.managed[key{r.kind.full(), r.object}] = r
	}
	if r.kind.full() == kindCluster {
		r.address = c.addresses[r.slot()]
	}
	return r
}

// update applies a change of the spec. Fields that counted only at creation keep what AWS has.
func (c *cloud) update(r *resource, w want) error {
	next := merge(kept(w.initial, w.params, r.params), w.params)
	if same(next, r.params) {
		return nil
	}
	if err := replaces(r.kind, r.params, next); err != nil {
		return err
	}
	if err := checkUpgrade(r.kind, text(r.params, "version"), text(next, "version")); err != nil {
		return err
	}
	before := r.params
	r.params = next
	if err := c.check(r); err != nil {
		r.params = before
		return err
	}
	if r.kind.full() == kindLaunchTemplate && !same(withoutTags(before), withoutTags(next)) {
		r.version++
	}
	return nil
}

// kept are the values of the fields that only initProvider names, as AWS has them.
func kept(initial, params, has fields) fields {
	all := fields{}
	for name, value := range initial {
		asked, isAsked := params[name]
		current, exists := has[name]
		switch {
		case !exists:
		case !isAsked:
			all[name] = current
		default:
			if inner, ok := value.(fields); ok {
				now, _ := current.(fields)
				wanted, _ := asked.(fields)
				all[name] = kept(inner, wanted, now)
			}
		}
	}
	return all
}

func withoutTags(params fields) fields {
	rest := clone(params)
	delete(rest, "tags")
	return rest
}

// forget deletes the resource of a managed resource and returns it, or lets it stay without one.
func (c *cloud) forget(k key, remove bool) (*resource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.managed[k]
	if r == nil {
		return nil, nil //nolint:nilnil // There is nothing to delete.
	}
	if !remove {
		r.object, r.uid = "", ""
		delete(c.managed, k)
		return nil, nil //nolint:nilnil // It stays.
	}
	if err := c.deletable(r); err != nil {
		return nil, fmt.Errorf("delete failed: %w", err)
	}
	delete(c.resources, r.slot())
	delete(c.managed, k)
	delete(c.addresses, r.slot())
	c.note(Deleted, r)
	return r, nil
}

// lookup finds a resource in the place of another one.
func (c *cloud) lookup(p place, kind, identity string) *resource {
	if group, _, _ := strings.Cut(kind, "/"); worldwide(group) {
		p.region = ""
	}
	return c.resources[slot{kind, p.account, p.region, identity}]
}

// each calls a function for all resources of a kind in a place, until it returns false.
func (c *cloud) each(p place, kind string, do func(*resource) bool) {
	for place, r := range c.resources {
		if place.kind == kind && place.account == p.account && place.region == p.region && !do(r) {
			return
		}
	}
}

// externalOf is the external-name of a resource.
func externalOf(r *resource) string {
	switch {
	case r.kind.full() == kindNodeGroup, r.kind.name == "RolePolicy":
		return r.identity[strings.Index(r.identity, ":")+1:]
	case r.kind.name == "Rule":
		return r.identity[strings.LastIndex(r.identity, "/")+1:]
	default:
		return r.identity
	}
}

// unknown tells that a managed resource has nothing in AWS yet.
func (c *cloud) unknown(k key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.managed[k] == nil
}
