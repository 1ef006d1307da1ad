// Package group composes bills: it tells which records belong to one bill, adds them
// up to the last digit, splits what is too long, and keeps from where every line came.
// It is what the node 合并写入 does, without waiting.
//
// It may import sdk/fault, sdk/item and a library of decimals only: never a store, a
// clock or another engine package.
package group

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The rules by which a group is closed.
const (
	// AtRunEnd closes when the run has read everything and nothing of it comes any more.
	AtRunEnd = "run"
	// AtCount closes as soon as so many documents are together.
	AtCount = "count"
	// AtAge closes when its first document has waited so long.
	AtAge = "age"
	// AtBucket closes when the day that it is for is over.
	AtBucket = "bucket"
	// AtOnce composes every document alone and waits for nothing.
	AtOnce = "document"
)

// What happens to a newer revision of a document whose bill was delivered.
const (
	LateDecide = "decide"
	LateNew    = "new"
	LateUpdate = "update"
)

// MaxMembers is the most documents of a group: with so many it closes, whatever its rule.
const MaxMembers = 5000

// Settings of a group.
type Settings struct {
	// HeaderGroup are the fields whose values make one bill.
	HeaderGroup []string
	// BodyName is the list that holds a record's lines; "" takes the record itself as a
	// line. TargetBodyName is the bill's list, "" the same name.
	BodyName, TargetBodyName string
	// BodyGroup are the fields of lines that become one; none leaves lines as they are.
	BodyGroup []string
	Calculate []Calculation
	// BodyMaxLine is the most lines of a bill, 0 for no limit.
	BodyMaxLine int
	// Close is one of the rules above; Count, Age and BucketField are their parameters.
	// Age is also how long behind its day a bucket closes.
	Close       string
	Count       int
	Age         string
	BucketField string
	Late        string
}

// Calculation is a field that is made of those of several records or lines. A field
// of lines begins with the name of their list and a dot.
type Calculation struct {
	Field, Function string
	// Into is the field it becomes; "" is Field itself.
	Into string
	// Scale is how many digits an average has behind the point.
	Scale int
}

// SettingsOf reads settings that fit the declaration, a JSON object.
func SettingsOf(raw item.Value) Settings {
	number := func(v item.Value, otherwise int) int {
		if n, err := strconv.Atoi(v.Text()); err == nil {
			return n
		}
		return otherwise
	}
	texts := func(key string) []string {
		var out []string
		for e := range raw.Field(key).Elements() {
			out = append(out, e.Text())
		}
		return out
	}
	text := func(key string) string { return raw.Field(key).Text() }
	s := Settings{
		HeaderGroup: texts("headerGroup"), BodyName: text("bodyName"), TargetBodyName: text("targetBodyName"), BodyGroup: texts("bodyGroup"),
		BodyMaxLine: number(raw.Field("bodyMaxLine"), 0), Close: cmp.Or(text("close"), AtRunEnd), Count: number(raw.Field("count"), 0),
		Age: text("age"), BucketField: text("bucketField"), Late: cmp.Or(text("late"), LateDecide),
	}
	for e := range raw.Field("calculate").Elements() {
		s.Calculate = append(s.Calculate, Calculation{
			Field: e.Field("field").Text(), Function: cmp.Or(e.Field("function").Text(), Sum), Into: e.Field("into").Text(),
			Scale: number(e.Field("scale"), 2),
		})
	}
	return s
}

// Program is a compiled group. It is immutable.
type Program struct {
	Settings

	zone   *time.Location
	age    time.Duration
	list   string
	header []calculation
	lines  []calculation
}

// calculation is a Calculation whose levels are known.
type calculation struct {
	Calculation
	// ofLine says that the field is one of lines.
	ofLine bool
	// path is the field below the record or line, into the name in the bill or its line.
	path, into string
}

// New compiles settings; zone is that of days. Its faults have paths below the settings.
func New(s Settings, zone *time.Location) (*Program, []*fault.Fault) {
	p := &Program{Settings: s, zone: zone, list: s.TargetBodyName}
	if p.list == "" {
		p.list = s.BodyName
	}
	faults := p.rule()
	for i, c := range s.Calculate {
		compiled, toLine, f := p.compile(c)
		switch {
		case f != nil:
			faults = append(faults, f.Under("calculate["+itoa(i)+"]"))
		case toLine:
			p.lines = append(p.lines, compiled)
		default:
			p.header = append(p.header, compiled)
		}
	}
	return p, append(faults, p.repeated()...)
}

// rule compiles when the group closes.
func (p *Program) rule() []*fault.Fault {
	var faults []*fault.Fault
	wrong := func(f *fault.Fault, at string) { faults = append(faults, f.At(at).Classed(fault.Config)) }
	if p.Age != "" {
		var err error
		if p.age, err = time.ParseDuration(p.Age); err != nil || p.age < 0 {
			wrong(fault.New("group.age_invalid", "the time must be a duration such as 30m or 2h"), "age")
		}
	}
	switch {
	case p.Close == AtCount && p.Count < 1:
		wrong(fault.New("group.count_missing", "say how many documents make a bill"), "count")
	case p.Close == AtAge && p.age == 0 && len(faults) == 0:
		wrong(fault.New("group.age_missing", "say how long documents wait"), "age")
	case p.Close != AtOnce && len(p.HeaderGroup) == 0:
		wrong(fault.New("setting.required", "%s (%s) is required", "单头分组字段", "headerGroup"), "headerGroup")
	}
	if p.BodyMaxLine > 0 && p.list == "" {
		wrong(fault.New("group.no_lines", "a bill without lines can't be split, and has none to merge").Hinted("name the list of lines"), "bodyMaxLine")
	}
	if len(p.BodyGroup) > 0 && p.list == "" {
		wrong(fault.New("group.no_lines", "a bill without lines can't be split, and has none to merge").Hinted("name the list of lines"), "bodyGroup")
	}
	return faults
}

func (p *Program) compile(c Calculation) (calculation, bool, *fault.Fault) {
	if c.Into == "" {
		c.Into = c.Field
	}
	out := calculation{Calculation: c}
	out.path, out.ofLine = p.below(c.Field)
	into, toLine := p.below(c.Into)
	out.into = into
	adds := c.Function == Sum || c.Function == Average
	switch {
	case !slices.Contains(functions(), c.Function):
		return out, toLine, fault.New("group.function_unknown", "%s is no calculation", c.Function).At("function").Classed(fault.Config)
	case adds && toLine && !out.ofLine:
		return out, toLine, fault.New("group.counted_twice", "%s is a field of the document: added up in lines it would count several times", c.Field).
			At("into").Classed(fault.Config).Hinted("add it up in the header, or take $first or $max")
	case c.Scale < 0 || c.Scale > maxScale:
		return out, toLine, fault.New("setting.out_of_range", "%s must be %s", "scale", "between 0 and 20").At("scale").Classed(fault.Config)
	}
	return out, toLine, nil
}

// below tells a field of lines, and its path below the line.
func (p *Program) below(field string) (string, bool) {
	for _, list := range []string{p.BodyName, p.list} {
		if list == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(field, list+"."); ok {
			return rest, true
		}
	}
	return field, false
}

// repeated refuses two fields of one name.
func (p *Program) repeated() []*fault.Fault {
	var faults []*fault.Fault
	again := func(name, at string) {
		faults = append(faults, fault.New("group.field_repeated", "%s is made twice", name).At(at).Classed(fault.Config).
			Hinted("give the calculation another field to go into"))
	}
	header := map[string]bool{}
	if p.list != "" {
		header[p.list] = true
	}
	for i, name := range p.HeaderGroup {
		if header[name] {
			again(name, "headerGroup["+itoa(i)+"]")
		}
		header[name] = true
	}
	lines := map[string]bool{}
	for i, name := range p.BodyGroup {
		path, _ := p.below(name)
		if lines[path] {
			again(name, "bodyGroup["+itoa(i)+"]")
		}
		lines[path] = true
	}
	for i, c := range p.Calculate {
		into := c.Into
		if into == "" {
			into = c.Field
		}
		path, toLine := p.below(into)
		taken := header
		if toLine {
			taken = lines
		}
		if taken[path] {
			again(into, "calculate["+itoa(i)+"].into")
		}
		taken[path] = true
	}
	return faults
}

// Waits reports whether documents wait for each other at all.
func (p *Program) Waits() bool { return p.Close != AtOnce }

// Most is how many documents close a group.
func (p *Program) Most() int {
	if p.Close == AtCount {
		return min(p.Count, MaxMembers)
	}
	return MaxMembers
}

// Place is where a record belongs.
type Place struct {
	// Key tells groups apart, at most 140 bytes; Number is what people read of it.
	Key, Number string
	// Due is when a group that is opened now closes; zero when time does not close it.
	Due time.Time
}

// maxKey leaves room for what others put around a key.
const maxKey = 140

// Place tells which group a record belongs to that comes now.
func (p *Program) Place(record item.Value, now time.Time) Place {
	var parts, shown []string
	out := Place{}
	if p.Close == AtAge {
		out.Due = now.Add(p.age)
	}
	if p.Close == AtBucket {
		bucket, over := p.bucket(record, now)
		parts, shown = append(parts, escaped(bucket)), append(shown, bucket)
		out.Due = over.Add(p.age)
	}
	for _, field := range p.HeaderGroup {
		v := record.Path(field)
		parts, shown = append(parts, escaped(sameness(v))), append(shown, v.Text())
	}
	out.Key, out.Number = strings.Join(parts, "|"), strings.Join(shown, " / ")
	if len(out.Key) > maxKey {
		sum := sha256.Sum256([]byte(out.Key))
		out.Key = hex.EncodeToString(sum[:])
	}
	return out
}

// bucket gives the name of a record's bucket and when its day is over: that of a date
// in the field, else the day on which it comes.
func (p *Program) bucket(record item.Value, now time.Time) (string, time.Time) {
	day := now.In(p.zone)
	if p.BucketField == "" {
		return day.Format(time.DateOnly), nextDay(day)
	}
	name := record.Path(p.BucketField).Text()
	at, err := time.ParseInLocation(time.DateOnly, name[:min(len(name), len(time.DateOnly))], p.zone)
	switch {
	case err != nil:
		return name + " " + day.Format(time.DateOnly), nextDay(day)
	case at.After(day):
		return at.Format(time.DateOnly), nextDay(at)
	default:
		return at.Format(time.DateOnly), nextDay(day)
	}
}

func nextDay(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, at.Location())
}

// escaped keeps the parts of a key apart.
func escaped(part string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`).Replace(part)
}

// Check refuses a record of which no bill can be made, so that it fails alone.
func (p *Program) Check(record item.Value) *fault.Fault {
	if record.Kind() != item.Object {
		return fault.New("group.not_an_object", "only documents can be put together").Classed(fault.Data)
	}
	if p.BodyName != "" {
		switch record.Path(p.BodyName).Kind() {
		case item.None, item.Null, item.Array, item.Object:
		default:
			return fault.New("group.not_a_list", "%s holds no lines", p.BodyName).At(p.BodyName).Classed(fault.Data)
		}
	}
	whole := Record{Body: record.Raw()}
	for _, c := range slices.Concat(p.header, p.lines) {
		if c.Function != Sum && c.Function != Average {
			continue
		}
		for _, v := range p.valuesIn(whole, c) {
			if _, err := decimalOf(v); err != nil {
				return fault.New("group.not_a_number", "%s can't be added up: %s is no number", c.Field, shown(v)).At(c.Field).Classed(fault.Data).
					Hinted("mend the value in the source, or map the field to a number before")
			}
		}
	}
	return nil
}

func shown(v item.Value) string {
	const most = 40
	text := []rune(v.Text())
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// Header gives the fields that the group has in common, a JSON object: what there is
// to see of a bill before it is composed.
func (p *Program) Header(record item.Value) []byte {
	out := object{}
	for _, field := range p.HeaderGroup {
		out.add(field, record.Path(field).Raw())
	}
	return out.close()
}
