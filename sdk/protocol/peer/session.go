package peer

import (
	"slices"

	"github.com/karezflow/karez/sdk/connector"
)

// The capabilities of a session: one for each optional interface.
const (
	Writer     = "writer"
	Prober     = "prober"
	Discoverer = "discoverer"
)

// Full is a session with every optional interface.
type Full interface {
	connector.Session
	connector.Writer
	connector.Prober
	connector.Discoverer
}

// Capabilities lists the optional interfaces that session implements.
func Capabilities(session connector.Session) []string {
	var list []string
	if _, ok := session.(connector.Writer); ok {
		list = append(list, Writer)
	}
	if _, ok := session.(connector.Prober); ok {
		list = append(list, Prober)
	}
	if _, ok := session.(connector.Discoverer); ok {
		list = append(list, Discoverer)
	}
	return list
}

// Narrow gives session with exactly the optional interfaces that capabilities
// name, so that a caller's type assertion tells what the other end can do. Texts
// it does not know are ignored.
func Narrow(session Full, capabilities []string) connector.Session {
	type (
		base = connector.Session
		w    = connector.Writer
		p    = connector.Prober
		d    = connector.Discoverer
	)
	writes := slices.Contains(capabilities, Writer)
	probes := slices.Contains(capabilities, Prober)
	discovers := slices.Contains(capabilities, Discoverer)
	switch {
	case writes && probes && discovers:
		return session
	case writes && probes:
		return struct {
			base
			w
			p
		}{session, session, session}
	case writes && discovers:
		return struct {
			base
			w
			d
		}{session, session, session}
	case probes && discovers:
		return struct {
			base
			p
			d
		}{session, session, session}
	case writes:
		return struct {
			base
			w
		}{session, session}
	case probes:
		return struct {
			base
			p
		}{session, session}
	case discovers:
		return struct {
			base
			d
		}{session, session}
	}
	return struct{ base }{session}
}
