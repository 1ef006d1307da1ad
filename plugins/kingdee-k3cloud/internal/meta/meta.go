// Package meta reads what the server tells of a business object (QueryBusinessInfo) as
// declared fields. It calls nobody.
//
// No public document shows the whole answer, so it is read tolerantly: titles as texts or by
// language, types by the control, the column, or the object that a field refers to.
//
// It may import sdk/fault, sdk/field and sdk/item only.
package meta

import (
	"cmp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Form is a business object.
type Form struct {
	// Key is the header's id field.
	Key      string
	entities []entity
}

// entity is the header, a sub-header or a list of lines.
type entity struct {
	key      string
	place    place
	id       string
	title    field.Text
	required bool
	fields   []item.Value
}

type place uint8

const (
	header place = iota
	subHeader
	lines
)

// Read reads NeedReturnData. It fails with "k3cloud.answer_unexpected" where that holds no fields.
func Read(data item.Value) (*Form, error) {
	f := &Form{Key: data.FieldFold("PkFieldName").Text()}
	for e := range data.FieldFold("Entrys").Elements() {
		one := entity{
			key: e.FieldFold("Key").Text(), id: cmp.Or(e.FieldFold("EntryPkFieldName").Text(), "FEntryID"),
			title: titled(text(e.FieldFold("Name")), e.FieldFold("Key").Text()), required: yes(e.FieldFold("MustInput")), fields: slices.Collect(e.FieldFold("Fields").Elements()),
		}
		one.place = one.stands(e.FieldFold("EntityType").Text())
		f.entities = append(f.entities, one)
	}
	if !slices.ContainsFunc(f.entities, func(e entity) bool { return len(e.fields) > 0 }) {
		return nil, fault.New("k3cloud.answer_unexpected", "the description of the business object holds no fields").Classed(fault.Transient)
	}
	return f, nil
}

// stands tells where an entity's fields are in a bill, by its type or, where none is told, by its key.
func (e *entity) stands(kind string) place {
	kind, key := strings.ToUpper(kind), strings.ToUpper(e.key)
	switch {
	case strings.Contains(kind, "SUBHEAD"), strings.HasPrefix(key, "SUBHEAD"), strings.HasPrefix(key, "FSUBHEAD"):
		return subHeader
	case strings.Contains(kind, "HEAD"), key == "FBILLHEAD", key == "":
		return header
	}
	return lines
}

// Response gives the columns that a query may select, named as a query names them by itself;
// what refers to base data is read as its number.
func (f *Form) Response() []field.Field {
	out := []field.Field{}
	if f.Key != "" {
		out = append(out, field.Field{Name: f.Key, Title: field.Text{ZH: "内码", EN: "Id"}})
	}
	add := func(d field.Field) {
		if !slices.ContainsFunc(out, func(o field.Field) bool { return strings.EqualFold(o.Name, d.Name) }) {
			out = append(out, d)
		}
	}
	for _, e := range f.entities {
		if e.place == lines {
			add(field.Field{Name: e.key + "_" + e.id, Title: field.Text{ZH: e.title.ZH + " 分录内码", EN: "Line id"}})
		}
		for _, v := range e.fields {
			d := declared(v)
			if d.Parser != nil {
				d.Path, d.Parser = d.Name+"."+refers(v), nil
				d.Name = strings.ReplaceAll(d.Path, ".", "_")
			}
			d.Required, d.Format = false, ""
			add(d)
		}
	}
	return out
}

// Request gives the fields of a bill that is saved, lines and sub-headers below their own.
func (f *Form) Request() []field.Field {
	out := []field.Field{}
	for _, e := range f.entities {
		children := []field.Field{}
		for _, v := range e.fields {
			if d := declared(v); !kept(d.Name) && !strings.EqualFold(d.Name, f.Key) {
				children = append(children, d)
			}
		}
		switch e.place {
		case header:
			out = append(out, children...)
		case subHeader:
			out = append(out, field.Field{Name: e.key, Title: e.title, Type: field.Object, Children: children})
		case lines:
			children = append(children, field.Field{
				Name: "FEntryID", Title: field.Text{ZH: "分录内码", EN: "Line id"}, Type: field.Int,
				Describe: field.Text{ZH: "仅修改时填写。", EN: "Only for updates."},
			})
			out = append(out, field.Field{Name: e.key, Title: e.title, Type: field.Array, Required: e.required, Children: children})
		}
	}
	return out
}

// kept tells which fields the server writes itself.
func kept(name string) bool {
	return slices.Contains([]string{
		"FDOCUMENTSTATUS", "FFORBIDSTATUS", "FCANCELSTATUS", "FCREATEDATE", "FMODIFYDATE", "FAPPROVEDATE", "FFORBIDDATE", "FCANCELDATE",
		"FCREATORID", "FMODIFIERID", "FAPPROVERID", "FFORBIDDERID", "FCANCELLERID",
	}, strings.ToUpper(name))
}

// declared is one field as it is saved.
func declared(v item.Value) field.Field {
	d := field.Field{Name: v.FieldFold("Key").Text(), Title: text(v.FieldFold("Name")), Required: yes(v.FieldFold("MustInput"))}
	d.Title = titled(d.Title, d.Name)
	control, column := v.FieldFold("ElementType").Text(), strings.ToLower(v.FieldFold("FieldType").Text())
	d.BaseData = v.FieldFold("LookUpObject").FieldFold("FormId").Text()
	named := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(control, p) })
	}
	// Columns are named, or numbered as the database numbers its types.
	stored := func(types ...string) bool { return slices.Contains(types, column) }
	switch {
	case d.BaseData != "", named("BaseData", "Assistant", "OrgField", "UserField", "BillTypeField"):
		d.Parser = &field.Parser{Name: "ConvertObjectParser", Params: []string{refers(v)}}
	case named("CheckBox"), stored("bit", "104"):
		d.Type = field.Bool
	case named("DateTime"):
		d.Type = field.Datetime
	case named("DateField"):
		d.Type, d.Format = field.Date, "date"
	case stored("datetime", "61", "42", "datetime2"):
		d.Type = field.Datetime
	case named("Decimal", "Qty", "Amount", "Price"), stored("decimal", "numeric", "money", "106", "108", "60"):
		d.Type = field.Decimal
	case named("Integer", "LongField"), stored("int", "bigint", "smallint", "tinyint", "56", "127", "52", "48"):
		d.Type = field.Int
	}
	return d
}

// refers is the member by which a reference names its object: users have no number.
func refers(v item.Value) string {
	if strings.EqualFold(v.FieldFold("LookUpObject").FieldFold("FormId").Text(), "SEC_User") || strings.Contains(v.FieldFold("ElementType").Text(), "UserField") {
		return "FUserID"
	}
	return "FNumber"
}

// text reads a title: a text, or a list by language.
func text(v item.Value) field.Text {
	if v.Kind() == item.String {
		return field.Text{ZH: v.Text()}
	}
	var t field.Text
	for e := range v.Elements() {
		switch e.FieldFold("Key").Text() {
		case "2052":
			t.ZH = e.FieldFold("Value").Text()
		case "1033":
			t.EN = e.FieldFold("Value").Text()
		}
	}
	t.ZH = cmp.Or(t.ZH, t.EN)
	return t
}

// titled gives a field without a title its key for one.
func titled(t field.Text, key string) field.Text {
	t.ZH = cmp.Or(t.ZH, key)
	return t
}

func yes(v item.Value) bool { return v.Text() == "1" || strings.EqualFold(v.Text(), "true") }
