package value

import "slices"

// asking gives what of fields looks into other documents or a code table, with what
// stands around it: what has to be gone through to know what is asked for.
func asking(fields []*output) []*output {
	var out []*output
	for _, o := range fields {
		if part := o.asking(); part != nil {
			out = append(out, part)
		}
	}
	return out
}

// asking gives the part of the output that looks, nil where nothing does.
func (o *output) asking() *output {
	if o.array == nil && o.children == nil {
		if o.coded == nil && (o.prog == nil || !o.prog.Looks()) {
			return nil
		}
		return o
	}
	part := *o
	part.children = asking(o.children)
	if o.array == nil {
		if part.children == nil {
			return nil
		}
		return &part
	}
	array := lines{from: o.array.from, pick: o.array.pick}
	for _, x := range o.array.extra {
		children := asking(x.children)
		if children != nil || x.when != nil && x.when.looks() {
			array.extra = append(array.extra, extra{x.when, children})
		}
	}
	if part.children == nil {
		if array.extra == nil {
			return nil
		}
		array.from = nil // its lines ask for nothing
	}
	part.array = &array
	return &part
}

// looks reports whether what is compared is looked up.
func (c *Conditions) looks() bool {
	for _, all := range c.any {
		for _, one := range all {
			if one.field != nil && one.field.Looks() || slices.ContainsFunc(one.operands, (*Program).Looks) {
				return true
			}
		}
	}
	return false
}
