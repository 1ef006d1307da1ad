package node

import (
	"fmt"
	"regexp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The members by which the elements of OutputsFrom's list name their ports.
const (
	PortName  = "port"
	PortTitle = "title"
)

// OutputsOf gives the outputs of a node with these settings: one for each element
// of the list that OutputsFrom names, in the list's order, then Outputs. Elements
// without a name have none, and of a repeated name the first counts. Edges without
// a port still mean the first of Outputs, whatever people add to the list.
func (d Declaration) OutputsOf(settings []byte) []Port {
	if d.OutputsFrom == "" {
		return d.Outputs
	}
	taken := map[string]bool{"": true, ErrorPort: true}
	traffic := Documents
	for _, p := range d.Outputs {
		taken[p.Name] = true
		traffic = p.Traffic
	}
	var ports []Port
	for e := range item.Of(settings).Field(d.OutputsFrom).Elements() {
		p := Port{Name: e.Field(PortName).Text(), Traffic: traffic}
		if taken[p.Name] {
			continue
		}
		taken[p.Name] = true
		p.Title.ZH = e.Field(PortTitle).Text()
		ports = append(ports, p)
	}
	return append(ports, d.Outputs...)
}

// CheckPorts reports what is wrong with the ports that settings name:
// "node.port_name" and "node.port_repeated". Paths are relative to the settings.
func (d Declaration) CheckPorts(settings []byte) []*fault.Fault {
	if d.OutputsFrom == "" {
		return nil
	}
	taken := map[string]bool{ErrorPort: true}
	for _, p := range d.Outputs {
		taken[p.Name] = true
	}
	// Names stand in edges behind a dot and are counted by it.
	form := regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)
	var faults []*fault.Fault
	i := 0
	for e := range item.Of(settings).Field(d.OutputsFrom).Elements() {
		name, at := e.Field(PortName).Text(), fmt.Sprintf("%s[%d].%s", d.OutputsFrom, i, PortName)
		i++
		switch {
		case name == "": // a required setting, reported as such
		case !form.MatchString(name):
			faults = append(faults, fault.New("node.port_name", "%q can't name a port: small letters, digits and _, a letter first, at most 31", name).
				At(at).Classed(fault.Config))
		case taken[name]:
			faults = append(faults, fault.New("node.port_repeated", "the node has a port %s already", name).At(at).Classed(fault.Config).
				Hinted("give every port a name of its own"))
		default:
			taken[name] = true
		}
	}
	return faults
}
