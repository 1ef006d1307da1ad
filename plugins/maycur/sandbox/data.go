package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// How many objects a sandbox begins with.
const (
	payments     = 160
	transactions = 400
	formCount    = 130
	people       = 120
)

// record is an object: its key, the time that ranges select by, and its bytes.
type record struct {
	key    string
	at     time.Time
	raw    []byte
	number string
	status string
}

// data is what the sandbox holds.
type data struct {
	payments, transactions, forms, subsidiaries, departments, employees, suppliers, expenses []*record
}

func (d *data) of(kind string) (*[]*record, bool) {
	lists := map[string]*[]*record{
		"payment": &d.payments, "transaction": &d.transactions, "form": &d.forms, "subsidiary": &d.subsidiaries,
		"department": &d.departments, "employee": &d.employees, "supplier": &d.suppliers, "expense": &d.expenses,
	}
	list, ok := lists[kind]
	return list, ok
}

// amounts are of payments: sums that a float would spoil come first.
func amount(n int) string {
	switch n {
	case 0:
		return "98765432109876543.21"
	case 1:
		return "0.30000000000000004"
	case 2:
		return "120.50"
	}
	return fmt.Sprintf("%d.%02d", 80+n*7, n%100)
}

// generate makes the same data for the same time. Some payments share one second, so that an
// edge between two pages runs through it.
func generate(now time.Time) data {
	var d data
	now = now.Truncate(time.Second)
	from := now.Add(-29 * 24 * time.Hour)
	for n := range payments {
		at := from.Add(time.Duration(n) * 4 * time.Hour)
		if n >= 40 && n < 60 {
			at = from.Add(160 * time.Hour)
		}
		account := "6222000000000001"
		if n%3 == 1 {
			account = "6222000000000002"
		}
		name := []string{"沙箱公司", "沙箱“分”公司\n二部", "沙箱公司{{x}}😀"}[n%3]
		number := fmt.Sprintf("FKSQ%06d", n+1)
		key := fmt.Sprintf("PB%s%04d", from.Format("200601"), n+1)
		d.payments = append(d.payments, &record{key: key, at: at, number: number, raw: fmt.Appendf(nil,
			`{"paymentBizCode":%q,"payeeTargetBusinessCode":%q,"payerAccountName":%s,"payerAccountNumber":%q,"payableAmount":%s,"auditTimeStamp":%d}`,
			key, number, quoted(name), account, amount(n), at.UnixMilli())})
	}
	for n := range transactions {
		d.transactions = append(d.transactions, &record{key: fmt.Sprint(n), status: "WAITING", raw: fmt.Appendf(nil,
			`{"sequence":%d,"payeeTarget":%q,"payeeTargetBizCode":"BX%06d","subsidiaryBizCode":"SI0001","payeeName":"收款人%03d","payeeBankCode":"ABC","payeeBankCardNO":"62170000000%05d","payeeBankBranchNO":"103100000018","payeeBankBranchName":"沙箱银行支行","payeeBankProvince":"浙江","payeeBankLocation":"杭州","payerBankAccount":null,"paidAmount":%s,"acceptCcy":"CNY","paymentStatus":18}`,
			n, []string{"PERSONAL", "CORP"}[n%2], n+1, n%50, n, amount(n))})
	}
	statuses := []string{"COMPLETED", "APPROVING", "SETTLEMENT", "REJECTED"}
	for n := range formCount {
		at := from.Add(time.Duration(n) * 5 * time.Hour)
		status := statuses[n%len(statuses)]
		key := fmt.Sprintf("报销%08d", n+1)
		d.forms = append(d.forms, &record{key: key, at: at, status: status, raw: fmt.Appendf(nil,
			`{"formCode":%q,"formStatus":%q,"createdAt":%d,"submitterId":"E%04d","reimburseName":"差旅报销","amount":%s}`, key, status, at.UnixMilli(), n%people+1, amount(n))})
	}
	for n := range 6 {
		at := from.Add(time.Duration(n) * 96 * time.Hour)
		key := fmt.Sprintf("SI%04d", n+1)
		d.subsidiaries = append(d.subsidiaries, &record{key: key, at: at, raw: fmt.Appendf(nil,
			`{"businessCode":%q,"name":"沙箱业务实体%d","baseCurrency":"CNY","principal":"E0001","active":true,"parentBizCode":null}`, key, n+1)})
	}
	for n := range 20 {
		at := from.Add(time.Duration(n) * 24 * time.Hour)
		key := fmt.Sprintf("DI%04d", n+1)
		d.departments = append(d.departments, &record{key: key, at: at, raw: fmt.Appendf(nil,
			`{"businessCode":%q,"name":"沙箱部门%d","costCenterCode":"CC%02d","subsidiaryBizCodes":["SI0001"],"principal":"E0002","active":true,"parentBizCode":null}`, key, n+1, n%4)})
	}
	for n := range people {
		key := fmt.Sprintf("E%04d", n+1)
		d.employees = append(d.employees, &record{key: key, raw: fmt.Appendf(nil,
			`{"employeeId":%q,"name":"沙箱员工%03d","mobile":"1380000%04d","email":"e%04d@example.com","rank":"员工","position":"P1","status":"ENABLE","departments":[{"departmentBizCode":"DI%04d","managerId":null,"cover":"Y"}]}`,
			key, n+1, n+1, n+1, n%20+1)})
	}
	return d
}

func quoted(text string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return []byte(`""`) // no text fails
	}
	return bytes.TrimSpace(out.Bytes())
}

// touch corrects the account of a payment; when it was paid stays.
func (d *data) touch(key string) error {
	at := slices.IndexFunc(d.payments, func(r *record) bool { return r.key == key })
	if at < 0 {
		return fmt.Errorf("there is no payment %q", key)
	}
	changed := *d.payments[at]
	changed.raw = bytes.Replace(changed.raw, []byte(`"payerAccountName":"`), []byte(`"payerAccountName":"（更正）`), 1)
	d.payments[at] = &changed
	return nil
}
