// Package field declares fields: the business fields of a vendor's interface
// (元数据) and the settings of a connection or a node, from which forms are drawn
// and input is checked.
//
// It may import the standard library, sdk/fault and sdk/item only.
package field

// Text is a title or explanation in the product's languages. EN falls back to ZH.
type Text struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en,omitempty" yaml:"en"`
}

// Type is the declared type of a value. A value is cast to it when it is mapped;
// what a vendor sends is never cast.
type Type string

// The types. Decimal is exact: its digits are never rounded by a float.
const (
	String   Type = "string"
	Int      Type = "int"
	Decimal  Type = "decimal"
	Bool     Type = "bool"
	Date     Type = "date"
	Datetime Type = "datetime"
	Array    Type = "array"
	Object   Type = "object"
	JSON     Type = "json"
)

// Group splits a request's fields as consultants see them.
type Group string

// The groups: 业务参数 belong to the mapping table, 其他请求参数 to the node's params.
const (
	Business Group = "business"
	Other    Group = "other"
)

// Quote is a way to write text literals in a field that holds a condition.
type Quote string

// SQLQuote is 'text', with a single quote in it written twice.
const SQLQuote Quote = "sql"

// Parser turns a mapped text into the vendor's shape, for example
// {ConvertObjectParser, FNumber}: "100" becomes {"FNumber":"100"}.
type Parser struct {
	Name   string   `json:"name" yaml:"name"`
	Params []string `json:"params,omitempty" yaml:"params"`
}

// Field is one field of a request or an answer.
type Field struct {
	// Name is the field as the consultant writes it (字段).
	Name string `json:"field" yaml:"field"`
	// Title is the field's name (字段名称).
	Title Text `json:"title" yaml:"title"`
	// Type is the declared type; the zero value means String.
	Type Type `json:"type,omitempty" yaml:"type"`
	// Required fields may not be empty when a request is built.
	Required bool `json:"required,omitempty" yaml:"required"`
	// Describe explains the field.
	Describe Text `json:"describe,omitzero" yaml:"describe"`
	// Group is Business unless set.
	Group Group `json:"group,omitempty" yaml:"group"`
	// Path is where the value really goes in the request when that is not Name.
	Path string `json:"path,omitempty" yaml:"path"`
	// Default is the value language text used when the flow gives none.
	Default string `json:"default,omitempty" yaml:"default"`
	// Parser shapes the value; nil leaves it.
	Parser *Parser `json:"parser,omitempty" yaml:"parser"`
	// Format is the wire format of a date or datetime, as a value language format name.
	Format string `json:"format,omitempty" yaml:"format"`
	// Quote says how values are made safe that placeholders put between the quotes of a
	// text literal in this field's text: "sql" doubles the single quotes in them.
	Quote Quote `json:"quote,omitempty" yaml:"quote"`
	// Constant says that the text is written by a person and holds no placeholder: a
	// program, such as an SQL statement, that a document's values may not become part of.
	Constant bool `json:"constant,omitempty" yaml:"constant"`
	// BaseData names the base-data object (基础资料) the value refers to, for example BD_MATERIAL.
	BaseData string `json:"baseData,omitempty" yaml:"baseData"`
	// Enum are the values that the vendor documents, for people to choose from. Others may
	// be written all the same: vendors add values, and a flow may look one up.
	Enum []Option `json:"enum,omitempty" yaml:"enum"`
	// Children are the fields of an array's element or of an object.
	Children []Field `json:"children,omitempty" yaml:"children"`
}

// Find gives the field at a dotted path of names below fields, or nil.
func Find(fields []Field, path string) *Field {
	for i := range fields {
		f := &fields[i]
		if f.Name == path {
			return f
		}
		if len(path) > len(f.Name) && path[:len(f.Name)] == f.Name && path[len(f.Name)] == '.' {
			if got := Find(f.Children, path[len(f.Name)+1:]); got != nil {
				return got
			}
		}
	}
	return nil
}
