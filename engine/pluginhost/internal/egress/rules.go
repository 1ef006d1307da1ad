package egress

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/outbound"
)

// rules are the systems that a connector may reach.
type rules struct {
	// fixed are names for all connections, keys the settings that name systems, admitted
	// the names that they gave.
	fixed, keys []string
	admitted    map[string]bool
}

// declare takes the hosts of a manifest.
func (r *rules) declare(hosts []string) {
	r.fixed, r.keys = nil, nil
	for _, host := range hosts {
		if key, ok := strings.CutPrefix(host, "{"); ok {
			r.keys = append(r.keys, strings.TrimSuffix(key, "}"))
		} else {
			r.fixed = append(r.fixed, strings.ToLower(host))
		}
	}
}

// admit takes what a setting names, if it is one of those that name systems.
func (r *rules) admit(key, value string) {
	host := hostIn(strings.TrimSpace(value))
	if host == "" || !slices.Contains(r.keys, key) {
		return
	}
	if r.admitted == nil {
		r.admitted = map[string]bool{}
	}
	r.admitted[strings.ToLower(host)] = true
}

// hostIn gives the system that a text names: a URL's host with its port or that of its
// scheme, or a name, with a port or for any; "" where it names none.
func hostIn(text string) string {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" {
		if strings.ContainsAny(text, "/ ") {
			return ""
		}
		return text
	}
	if port := at.Port(); port != "" {
		return net.JoinHostPort(at.Hostname(), port)
	}
	if port := map[string]string{"http": "80", "https": "443"}[at.Scheme]; port != "" {
		return net.JoinHostPort(at.Hostname(), port)
	}
	return at.Hostname()
}

// reach tells how far a system may be: Local where a connection's settings name it, for
// whoever wrote them chose it; Private where only the connector does, so that a name of its
// own that stands for this machine leads nowhere; "" where nobody named it.
func (r *rules) reach(host string, port int) outbound.Reach {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for name := range r.admitted {
		if covers(name, host, port) {
			return outbound.Local
		}
	}
	for _, name := range r.fixed {
		if covers(name, host, port) {
			return outbound.Private
		}
	}
	return ""
}

// covers reports whether a declared name is that of a host's port.
func covers(name, host string, port int) bool {
	if bare, wanted, err := net.SplitHostPort(name); err == nil {
		if wanted != strconv.Itoa(port) {
			return false
		}
		name = bare
	}
	name = strings.TrimSuffix(strings.Trim(name, "[]"), ".")
	if below, ok := strings.CutPrefix(name, "*."); ok {
		return strings.HasSuffix(host, "."+below)
	}
	return name == host
}
