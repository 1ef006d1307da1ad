package product

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/indexing"
	"github.com/karezflow/karez/server/store/installstore"
)

// Role is a part of what the program does. A process may have any of them, and an
// installation any number of processes of each.
type Role string

// The roles. What belongs to which stands in start.
const (
	// API serves people and programs: the interface for browsers, REST, webhooks, live events.
	API Role = "api"
	// Scheduler fires what has come due and what lies in watched folders.
	Scheduler Role = "scheduler"
	// Worker reads sources, walks documents, closes groups, builds indexes, and makes the
	// calls after walks. It also looks for due work that nobody was told of.
	Worker Role = "worker"
)

// Roles are the roles of one process; none stands for all.
type Roles []Role

// AllRoles are what one process does that is alone.
func AllRoles() Roles { return Roles{API, Scheduler, Worker} }

// ParseRoles reads names with commas between them.
func ParseRoles(text string) (Roles, error) {
	var roles Roles
	for name := range strings.SplitSeq(text, ",") {
		role := Role(strings.TrimSpace(name))
		if !slices.Contains(AllRoles(), role) {
			return nil, fault.New("serve.role_unknown", "%q is not a role", string(role)).Classed(fault.Config).
				Hinted("the roles are api, scheduler and worker, with commas between them")
		}
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles, nil
}

// Has reports whether a process with these roles has one.
func (r Roles) Has(role Role) bool { return len(r) == 0 || slices.Contains(r, role) }

// All reports whether no other process is needed.
func (r Roles) All() bool {
	return !slices.ContainsFunc(AllRoles(), func(role Role) bool { return !r.Has(role) })
}

// String gives the names as ParseRoles reads them.
func (r Roles) String() string {
	var names []string
	for _, role := range AllRoles() {
		if r.Has(role) {
			names = append(names, string(role))
		}
	}
	return strings.Join(names, ",")
}

// CheckRoles refuses roles without what several processes share.
func (c Config) CheckRoles() error {
	several := !c.Roles.All() || c.Bus.URL != ""
	switch {
	case several && !strings.HasPrefix(c.Database, "mysql:"):
		return fault.New("serve.database_shared", "several processes share one database, which SQLite can't be").Classed(fault.Config).
			Hinted("add --db mysql://USER:PASSWORD@HOST:PORT/NAME; one process on SQLite needs neither --nats nor --roles")
	case several && c.Bus.URL == "":
		return fault.New("serve.bus_shared", "a process with the roles %s only hears of work from others", c.Roles).Classed(fault.Config).
			Hinted("add --nats nats://HOST:PORT, the address of a NATS server with JetStream, or leave --roles out")
	}
	return nil
}

// printOf gives what tells a key from others and gives nothing of it away.
func printOf(key []byte) string {
	sum := sha256.Sum256(append([]byte("karez.key.print "), key...))
	return hex.EncodeToString(sum[:16])
}

// Join makes this process one of those that serve from its database. It refuses one that
// takes itself for the only one and is not, or is not taken for one of several, and one
// whose key of secrets is not that of the others.
func (p *Product) Join(ctx context.Context) (err error) {
	alone := p.Config.Bus.URL == ""
	installed := installstore.New(p.DB, p.Log)
	first, err := installed.KeyPrint(ctx, p.keyPrint)
	switch {
	case err != nil:
		return err
	case first != p.keyPrint && !alone:
		return fault.New("secret.key_differs", "the key of secrets is not the one that this installation began with").Classed(fault.Config).
			Hinted("copy the first process's secret.key and name it with --secret-key; where that key is lost, delete the row secret_key of the table installation and enter all secrets again")
	case first != p.keyPrint:
		p.Log.WarnContext(ctx, "the key of secrets is not the one that this installation began with; secrets that were sealed with another one can't be read")
	}
	p.presence, err = installed.Attend(ctx, alone)
	return err
}

// service is what goes on by itself.
type service interface {
	Start(ctx context.Context)
	Stop()
}

// knowing is the indexing of a process that tells people of it and leaves it to others.
type knowing struct{ *indexing.Service }

// Start implements service.
func (k knowing) Start(ctx context.Context) { k.StartKnowing(ctx) }

// services are those of this process that go on by themselves, by its roles. All of
// them may run in any number of processes at once: rows and rights that are taken for a
// while see to it that each thing is done once.
func (p *Product) services() (all []service) {
	all = append(all, p.Connectors)
	switch {
	case p.Roles.Has(Worker):
		all = append(all, p.PageLog, p.Workers, p.Errands, p.Indexing, p.Grouping, p.Runner, p.Bulk, p.Retention, p.Clockwatch)
	case p.Roles.Has(API):
		all = append(all, knowing{p.Indexing})
	}
	if p.Roles.Has(Scheduler) {
		all = append(all, p.Schedule, p.Reconcile)
	}
	return all
}

// Start lets go on by itself what the roles of this process say, until the context ends
// or the product is closed. What is under way then is brought to its end.
func (p *Product) Start(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.draining {
		return
	}
	for _, s := range p.services() {
		// The end of the context is told by Stop: it must not cut what is under way.
		s.Start(context.WithoutCancel(ctx))
	}
	context.AfterFunc(ctx, p.Drain)
}

// Drain takes no more work, and waits until what is under way has ended or was put back,
// at most the grace of the configuration. Draining twice or before Start is legal.
func (p *Product) Drain() {
	p.mu.Lock()
	p.draining = true
	p.mu.Unlock()
	var group sync.WaitGroup
	stop := func(made bool, stop func()) {
		if made {
			group.Go(stop)
		}
	}
	stop(p.Workers != nil, p.Workers.Stop)
	stop(p.Errands != nil, p.Errands.Stop)
	stop(p.Indexing != nil, p.Indexing.Stop)
	stop(p.Grouping != nil, p.Grouping.Stop)
	stop(p.Runner != nil, p.Runner.Stop)
	stop(p.Schedule != nil, p.Schedule.Stop)
	stop(p.Reconcile != nil, p.Reconcile.Stop)
	stop(p.Bulk != nil, p.Bulk.Stop)
	stop(p.Retention != nil, p.Retention.Stop)
	stop(p.Clockwatch != nil, p.Clockwatch.Stop)
	stop(p.Connectors != nil, p.Connectors.Stop)
	group.Wait()
	if p.PageLog != nil {
		p.PageLog.Stop() // the last that ran may have said something
	}
}

// Draining reports whether this process takes no more work.
func (p *Product) Draining() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.draining
}

// Ready tells why this process can't do its work now: it ends, the database does not
// answer, or the bus does not. Without the bus it works on, only less evenly.
func (p *Product) Ready(ctx context.Context) error {
	if p.Draining() {
		return fault.New("serve.draining", "the process is ending and takes no more work").Classed(fault.Transient)
	}
	if err := p.DB.Ping(ctx); err != nil {
		return err
	}
	if _, err := p.Bus.Check(ctx); err != nil {
		return fault.Wrap(err, "bus.away", "the NATS server does not answer; work goes on, only less evenly").Classed(fault.Transient)
	}
	return nil
}
