// Package scene is one engine, or several, with fakes before and behind: it makes the
// flows, keeps them running, decides as a person would, lets everything come to rest and
// has it checked.
//
// It may import the other packages of deploy/chaos and the standard library only.
package scene

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/cluster"
	"github.com/karezflow/karez/deploy/chaos/disk"
	"github.com/karezflow/karez/deploy/chaos/proxy"
	"github.com/karezflow/karez/deploy/chaos/truth"
	"github.com/karezflow/karez/deploy/chaos/world"
)

// Config says where a scene plays.
type Config struct {
	// Program is the engine's binary, Plugins the folder with the harness's connector.
	Program, Plugins string
	// Older is an older build, of which all engines are at first; "" for none.
	Older string
	// Dir is an empty folder of the scene's own.
	Dir string
	// Server is a MariaDB or MySQL server's address, "" for SQLite.
	Server string
	// Name is unique among the scenes of a run; a database is named after it.
	Name  string
	Seed  uint64
	Clock func() time.Time
	// History takes what happens; nil drops it.
	History func(world.Event)
	// Proxied puts a proxy between the connector and the fakes.
	Proxied bool
	// Between puts a proxy between the engines and the database server.
	Between bool
	// Engines is how many engines share the database; more than one needs a Server.
	Engines int
	// NatsProgram is the program of a NATS server, "" for none; more than one engine needs it.
	NatsProgram string
	// Split has the first engine serve and schedule and the others work; else each does all.
	Split bool
	// Disks puts what each part stores on a disk of its own, where disks can be made: the
	// first engine's data, or the database, which is a server of the scene's own then, and
	// what the NATS server keeps. DatabaseScript starts that server.
	Disks          bool
	DatabaseScript string
	// Patience is how long everything may take to come to rest, counted from when
	// something was written last.
	Patience time.Duration
}

// Scene is a running scene.
type Scene struct {
	Config

	World   *world.World
	Engines []*cluster.Engine
	// Proxy stands before the fakes, DBProxy before the database; nil where there is none.
	Proxy, DBProxy *proxy.Proxy
	Lanes          []*Lane
	// Lasting are variables in the environment of every engine at every start.
	Lasting []string

	// Nats is what carries the hints of several engines; nil where each has its own.
	Nats *cluster.Nats
	// DataDisk, DBDisk and NatsDisk are the disks of the first engine, of the database and
	// of NATS; nil where there is none. MariaDB is the database server on its disk.
	DataDisk, DBDisk, NatsDisk *disk.Disk
	MariaDB                    *cluster.MariaDB

	address string
	server  *http.Server
	drop    func(context.Context) error

	mu sync.Mutex
	// promised are the runs that engines said they would do, by lane.
	promised map[*Lane][]string
	// asked is when a person saw a document first that waits for a decision.
	asked map[string]time.Time
}

// Lane is a flow with its fakes.
type Lane struct {
	*world.Lane

	// Revises has the flow send documents again that changed after they were delivered.
	Revises bool
	// Flow is the flow's id, once it is made.
	Flow string

	mu        sync.Mutex
	decisions []truth.Decision
}

// Open starts the fakes; no engine yet.
func Open(ctx context.Context, c Config) (*Scene, error) {
	c.Engines = max(c.Engines, 1)
	if c.Patience == 0 {
		c.Patience = 2 * time.Minute
	}
	s := &Scene{Config: c, World: world.New(world.Config{Clock: c.Clock, Seed: c.Seed, History: c.History}), asked: map[string]time.Time{}, promised: map[*Lane][]string{}}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.server = &http.Server{Handler: s.World, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // until Close
	s.address = listener.Addr().String()
	if c.Proxied {
		if s.Proxy, err = proxy.Listen(ctx, s.address); err != nil {
			return nil, errors.Join(err, s.Close(ctx))
		}
		s.address = s.Proxy.Addr()
	}
	if err := s.disks(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	database := ""
	if s.Server != "" {
		if database, s.drop, err = cluster.MakeDatabase(ctx, s.Server, c.Name); err != nil {
			return nil, errors.Join(err, s.Close(ctx))
		}
		if c.Between {
			if database, err = s.between(ctx, database); err != nil {
				return nil, errors.Join(err, s.Close(ctx))
			}
		}
	}
	if c.NatsProgram != "" {
		if s.Nats, err = cluster.StartNats(ctx, c.NatsProgram, filepath.Join(c.Dir, "nats")); err != nil {
			return nil, errors.Join(err, s.Close(ctx))
		}
	}
	for n := range c.Engines {
		data := s.dataDir(n)
		if err := os.MkdirAll(data, 0o700); err != nil {
			return nil, errors.Join(err, s.Close(ctx))
		}
		s.Engines = append(s.Engines, cluster.NewEngine(cluster.Setting{
			Program: cmp.Or(c.Older, c.Program), Plugins: c.Plugins, Data: data, Database: database, Lease: time.Second, Args: s.roles(n, c.Split),
			Notes: filepath.Join(c.Dir, fmt.Sprintf("notes%d", n+1)),
		}))
	}
	return s, nil
}

// roles are the arguments that make an engine one of several.
func (s *Scene) roles(n int, split bool) []string {
	switch {
	case s.Nats == nil:
		return nil
	case !split:
		return []string{"--nats", s.Nats.URL()}
	case n == 0:
		return []string{"--nats", s.Nats.URL(), "--roles", "api,scheduler"}
	default:
		return []string{"--nats", s.Nats.URL(), "--roles", "worker"}
	}
}

// between puts a proxy before the database and gives the address that leads through it.
func (s *Scene) between(ctx context.Context, database string) (string, error) {
	at, err := url.Parse(database)
	if err != nil {
		return "", err
	}
	if s.DBProxy, err = proxy.Listen(ctx, at.Host); err != nil {
		return "", err
	}
	at.Host = s.DBProxy.Addr()
	return at.String(), nil
}

// Close ends everything that the scene started.
func (s *Scene) Close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for _, e := range s.Engines {
		e.Resume()
		e.Kill()
	}
	var errs []error
	if s.Nats != nil {
		errs = append(errs, s.Nats.Break(ctx, true))
	}
	for _, p := range []*proxy.Proxy{s.Proxy, s.DBProxy} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	errs = append(errs, s.server.Close())
	if s.drop != nil {
		errs = append(errs, s.drop(ctx))
	}
	return errors.Join(append(errs, s.offDisks(ctx))...)
}

// Add makes a lane with a number of documents, a few of them to be left out or refused.
// They changed within the last hour.
func (s *Scene) Add(dialect string, class truth.Class, documents int) *Lane {
	l := &Lane{
		Lane:    s.World.Add(fmt.Sprintf("l%d%s", len(s.Lanes)+1, string(class)), dialect, class),
		Revises: class == truth.C,
	}
	s.Lanes = append(s.Lanes, l)
	for i := range documents {
		l.Source.Insert(StatusOf(i), time.Hour-time.Duration(i%3000)*time.Second)
	}
	return l
}

// StatusOf spreads the statuses over documents.
func StatusOf(i int) truth.Status {
	switch i % 25 {
	case 7:
		return truth.Void
	case 18:
		return truth.Poison
	default:
		return truth.Good
	}
}

// Begin starts the first engine with variables in its environment and makes the flows;
// further engines join then.
func (s *Scene) Begin(ctx context.Context, env ...string) error {
	first := s.Engines[0]
	if err := s.Start(ctx, first, env...); err != nil {
		return err
	}
	if err := first.Enter(ctx); err != nil {
		return err
	}
	for _, l := range s.Lanes {
		if err := first.Connect(ctx, l.Name, "http://"+s.address+"/"+l.Name); err != nil {
			return fmt.Errorf("connect %s: %w", l.Name, err)
		}
		var err error
		if l.Flow, err = first.Publish(ctx, s.flow(l)); err != nil {
			return fmt.Errorf("publish %s: %w", l.Name, err)
		}
	}
	for _, other := range s.Engines[1:] {
		if err := errors.Join(first.Share(other), s.Start(ctx, other, env...)); err != nil {
			return err
		}
	}
	return nil
}

// Start starts an engine with variables beside the lasting ones.
func (s *Scene) Start(ctx context.Context, e *cluster.Engine, env ...string) error {
	return e.Start(ctx, append(slices.Clone(s.Lasting), env...)...)
}

// Engine gives an engine that runs, the first one if none does.
func (s *Scene) Engine() *cluster.Engine {
	if s.Nats != nil {
		return s.Engines[0] // the others only work
	}
	for _, e := range s.Engines {
		if e.Running() {
			return e
		}
	}
	return s.Engines[0]
}

// note adds to the history.
func (s *Scene) note(lane, process, op, kind string, detail any) {
	if s.History != nil {
		s.History(world.Event{At: s.Clock(), Lane: lane, Process: process, Op: op, Type: kind, Detail: detail})
	}
}

// object is a JSON object of a flow document.
type object = map[string]any

// flow gives the lane's flow: what changed is read, the void left out, the rest written
// and marked in the source.
func (s *Scene) flow(l *Lane) any {
	onSeen := "skip"
	if l.Revises {
		onSeen = "revise"
	}
	field := func(name, value string) object { return object{"field": name, "value": value} }
	same := func(names ...string) (list []object) {
		for _, name := range names {
			list = append(list, field(name, "{{"+name+"}}"))
		}
		return list
	}
	node := func(id, kind string, settings object) object {
		n := object{"id": id, "type": kind, "settings": settings}
		if kind == "source" || kind == "target" || kind == "writeback" {
			n["connection"] = l.Name
		}
		return n
	}
	return object{
		"apiVersion": "karez/v1", "kind": "Flow",
		"metadata": object{"name": l.Name, "title": "chaos " + l.Name},
		"spec": object{
			"settings": object{"timezone": "UTC"},
			"triggers": []object{{"manual": true}},
			"nodes": []object{
				node("span", "window", object{"lag": "1s", "lookBack": "10s"}),
				node("pages", "paginate", object{"pageSize": 25}),
				node("orders", "source", object{
					"operation": "orders." + l.Dialect, "onSeen": onSeen,
					"startFrom": s.Clock().Add(-2 * time.Hour).UTC().Format(time.DateTime),
				}),
				node("open", "filter", object{"conditions": [][]object{{{"field": "status", "logic": "neq", "value": "void"}}}}),
				node("bill", "map", object{"fields": append([]object{field("no", "{{id}}")}, same("rev", "amount", "paid", "status")...)}),
				node("out", "target", object{"operation": "bills." + string(l.Class), "rows": 10}),
				node("mark", "writeback", object{"operation": "orders.mark", "fields": []object{field("id", "{{id}}"), field("target", "{{Id}}")}}),
			},
			"edges": []object{
				{"from": "span", "to": "pages"},
				{"from": "pages", "to": "orders"},
				{"from": "orders", "to": "open"},
				{"from": "open", "to": "bill"},
				{"from": "bill", "to": "out"},
				{"from": "out", "to": "mark"},
			},
		},
	}
}
