package egress

import "github.com/karezflow/karez/sdk/outbound"

// Rules are the systems that a connector may reach.
type Rules struct{ rules }

func NewRules(hosts []string) *Rules {
	r := &Rules{}
	r.declare(hosts)
	return r
}

func (r *Rules) Admit(key, value string)                    { r.admit(key, value) }
func (r *Rules) Reach(host string, port int) outbound.Reach { return r.reach(host, port) }
