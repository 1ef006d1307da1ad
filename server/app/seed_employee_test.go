package app_test

import "testing"

// TestEmployeesArrive moves employees of 金蝶 to 每刻 by the template: with the departments of
// their posts, and who is disabled there as disabled.
func TestEmployeesArrive(t *testing.T) {
	t.Parallel()
	const name = "kingdee-employee-to-maycur-employee"
	b := bring(t, name)
	b.connect()
	b.begin(name, catalogue()[name])
	arrived := func() map[string]string {
		rows := map[string]string{}
		for _, e := range b.objects("maycur", "employee") {
			no := e.Field("employeeId").Text()
			if _, twice := rows[no]; twice {
				t.Errorf("%s is there twice", no)
			}
			rows[no] = string(e.Raw())
		}
		return rows
	}
	before := arrived()

	if run := b.start(b.flows[name]); !run.Balanced || run.Counts["accepted"] != 4 {
		t.Errorf("%+v", run)
	}
	b.eventually("all are written", func() bool { return b.in(name, "delivered") == 4 })
	// The sweep looks at those who are disabled, however long they have been.
	var started seen
	b.ask("POST", "/flows/"+b.flows[name]+"/sources/employees/sweep", struct{}{}, &started)
	events := b.watch(started.ID, "")
	if swept := events[len(events)-1].Data; !swept.Balanced || swept.Counts["pulled"] != 1 || swept.Counts["unchanged"] != 1 {
		t.Errorf("%+v", swept)
	}

	// E0002 has two posts, E0003 no mobile, and E0004 has left.
	now := arrived()
	for no, want := range map[string]string{
		"E0001": `{"employeeId":"E0001","name":"沙箱员工","mobile":"13800000001","email":"e0001@example.com","status":"ENABLE","defaultSubsidiaryBizCode":"SI0001","departments":[{"departmentBizCode":"DI0001"}]}`,
		"E0002": `{"employeeId":"E0002","name":"沙箱经理","mobile":"13800000002","status":"ENABLE","defaultSubsidiaryBizCode":"SI0001","departments":[{"departmentBizCode":"DI0001"},{"departmentBizCode":"DI0002"}]}`,
		"E0003": `{"employeeId":"E0003","name":"沙箱新人","email":"e0003@example.com","status":"ENABLE","defaultSubsidiaryBizCode":"SI0001","departments":[{"departmentBizCode":"DI0002"}]}`,
		"E0004": `{"employeeId":"E0004","name":"沙箱离职","mobile":"13800000004","status":"DISABLE","defaultSubsidiaryBizCode":"SI0001","departments":[{"departmentBizCode":"DI0001"}]}`,
	} {
		if now[no] != want {
			t.Errorf("%s is %s", no, now[no])
		}
	}
	if len(now) != len(before) {
		t.Errorf("%d employees, %d before: their numbers were known", len(now), len(before))
	}
}
