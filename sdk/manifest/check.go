package manifest

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// maxConcurrency is the most calls of a connection that a manifest may ask for at a time.
const maxConcurrency = 256

// checker gathers faults.
type checker struct {
	of     *Manifest
	faults []*fault.Fault
}

func (c *checker) add(path, code, format string, args ...any) {
	c.faults = append(c.faults, fault.New("manifest."+code, format, args...).At(path).Classed(fault.Config))
}

// need reports an empty text.
func (c *checker) need(path, value string) {
	if value == "" {
		c.add(path, "required", "%s is missing", path)
	}
}

// oneOf reports a text that is none of the choices; an empty one only when it is required.
func (c *checker) oneOf(path, value string, required bool, choices ...string) {
	if value == "" && !required {
		return
	}
	if !slices.Contains(choices, value) {
		c.add(path, "not_an_option", "%q is not one of %v", value, choices)
	}
}

func (c *checker) notNegative(path string, d Duration) {
	if d < 0 {
		c.add(path, "out_of_range", "a duration may not be negative")
	}
}

// Check reports everything that is wrong with the manifest, in its order, and
// compiles the rules' regular expressions. Codes: "manifest.required",
// "manifest.duplicate", "manifest.not_an_option", "manifest.out_of_range",
// "manifest.wrong_type", "manifest.bad_name", "manifest.bad_regexp",
// "manifest.unknown_zone", "manifest.unknown_operation", "manifest.unknown_parser", "manifest.unknown_field",
// "manifest.not_allowed", "manifest.unreachable" and "manifest.class_unfounded".
func (m *Manifest) Check() []*fault.Fault {
	c := &checker{of: m}
	c.name("id", m.ID, regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`), "small letters, digits and -")
	c.name("version", m.Version, regexp.MustCompile(`^\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?$`), "numbers such as 1.2 or 1.2.0")
	c.need("title.zh", m.Title.ZH)
	c.settings("settings", m.Settings)
	for i, s := range m.Settings {
		if !slices.Contains(accountKinds(), s.Kind) {
			c.add(index("settings", i)+".kind", "not_allowed", "a connection has no settings of kind %s", s.Kind)
		}
	}
	if m.LimitKey != "" && !slices.ContainsFunc(m.Settings, func(s field.Setting) bool { return s.Key == m.LimitKey }) {
		c.add("limitKey", "unknown_field", "%s is not one of the settings", m.LimitKey)
	}
	for i, l := range m.Limits {
		if l.Calls <= 0 || l.Per <= 0 {
			c.add(index("limits", i), "out_of_range", "a limit is a number of calls in a time, both above zero")
		}
	}
	if m.Concurrency < 0 || m.Concurrency > maxConcurrency {
		c.add("concurrency", "out_of_range", "between 1 and %d calls are under way at a time", maxConcurrency)
	}
	if _, ok := m.Operation(m.CheckOperation); !ok && m.CheckOperation != "" {
		c.add("checkOperation", "unknown_operation", "%s is not one of the operations", m.CheckOperation)
	}
	c.zone()
	c.hosts()
	c.rules("rules", m.Rules)
	if len(m.Operations) == 0 && len(m.Nodes) == 0 {
		c.add("operations", "required", "a connector has at least one operation")
	}
	c.nodes()
	seen := map[string]bool{}
	for i := range m.Operations {
		path := index("operations", i)
		c.once(seen, path+".name", m.Operations[i].Name)
		c.operation(path, &m.Operations[i])
	}
	return c.faults
}

// zone reports what is no time zone; who connects to nothing needs none.
func (c *checker) zone() {
	m := c.of
	if !m.NodesOnly() {
		c.need("timeZone", m.TimeZone)
	}
	if _, err := time.LoadLocation(m.TimeZone); err != nil {
		c.add("timeZone", "unknown_zone", "%q is not a time zone such as Asia/Shanghai", m.TimeZone)
	}
	if m.TimeZoneKey != "" && !slices.ContainsFunc(m.Settings, func(s field.Setting) bool { return s.Key == m.TimeZoneKey && !s.Secret }) {
		c.add("timeZoneKey", "unknown_field", "%s is not one of the settings", m.TimeZoneKey)
	}
}

// Check reports everything that is wrong with one operation, for example one
// that With derived, under the codes of Manifest.Check. Paths are relative to the operation.
func (o *Operation) Check() []*fault.Fault {
	c := &checker{}
	c.operation("", o)
	return c.faults
}

func (c *checker) name(path, value string, pattern *regexp.Regexp, made string) {
	if value == "" {
		c.need(path, value)
	} else if !pattern.MatchString(value) {
		c.add(path, "bad_name", "%q is not made of %s", value, made)
	}
}

// hosts reports what is no system's name and no setting's.
func (c *checker) hosts() {
	plain := regexp.MustCompile(`^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$`)
	for i, host := range c.of.Hosts {
		path := index("hosts", i)
		key, isSetting := strings.CutPrefix(host, "{")
		switch key = strings.TrimSuffix(key, "}"); {
		case isSetting && !slices.ContainsFunc(c.of.Settings, func(s field.Setting) bool { return s.Key == key && !s.Secret }):
			c.add(path, "unknown_field", "%s is not one of the settings that are no secrets", key)
		case !isSetting && !plain.MatchString(host):
			c.add(path, "bad_name", "%q is no system's name such as api.example.com, *.example.com or {address}", host)
		}
	}
}

func (c *checker) once(seen map[string]bool, path, name string) {
	if seen[name] && name != "" {
		c.add(path, "duplicate", "%s is declared twice", name)
	}
	seen[name] = true
}

func (c *checker) rules(path string, rules []Rule) {
	for i := range rules {
		r, path := &rules[i], index(path, i)
		c.oneOf(path+".class", string(r.Class), true, string(fault.Transient), string(fault.Rate), string(fault.Auth),
			string(fault.Data), string(fault.Config), string(fault.BusinessWait), string(fault.Duplicate))
		c.notNegative(path+".wait", r.Wait)
		if len(r.Codes) == 0 && r.Message == "" && i < len(rules)-1 {
			c.add(path, "unreachable", "this rule matches everything, so the rules behind it never apply")
		}
		if r.Message == "" {
			continue
		}
		compiled, err := regexp.Compile(r.Message)
		if err != nil {
			c.add(path+".message", "bad_regexp", "%q is not a regular expression: %v", r.Message, err)
			continue
		}
		r.message = compiled
	}
}
