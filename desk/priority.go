package desk

import (
	"context"

	"parley/desk/deskapi"
)

// What each category weighs. The first three stand above all else: nothing that
// reporters do lifts another category over them.
var categoryPoints = map[deskapi.Category]int{
	deskapi.ChildSafety: 30_000, deskapi.SelfHarm: 20_000, deskapi.Terror: 10_000,
	deskapi.SexualContent: 300, deskapi.Harassment: 250, deskapi.Scam: 200, deskapi.OtherCategory: 100,
}

// Bounds of what else weighs.
const (
	reporterPoints  = 200 // of a reporter who is always right; half of it for who is new
	eachReporter    = 40  // the same of each further one, up to ten
	pointsEachHour  = 2   // of age, up to a week
	maxReporters    = 10
	maxHours        = 7 * 24
	millisEachHour  = 3600_000
	categoryDefault = 100
)

// weigh returns a case's priority and what it is made of.
func (d *Desk) weigh(ctx context.Context, c *caseRecord) (sum int, why []deskapi.Weight, err error) {
	points, ok := categoryPoints[c.Category]
	if !ok {
		points = categoryDefault
	}
	best, others, err := d.weighReporters(ctx, c.Reporters)
	if err != nil {
		return 0, nil, err
	}
	hours := min(max(0, (d.nowMS()-c.OpenedMS)/millisEachHour), maxHours)
	why = []deskapi.Weight{
		{Reason: deskapi.WeightCategory, Points: points},
		{Reason: deskapi.WeightReporter, Points: best},
		{Reason: deskapi.WeightReporters, Points: others},
		{Reason: deskapi.WeightAge, Points: int(hours) * pointsEachHour},
	}
	for _, w := range why {
		sum += w.Points
	}
	return sum, why, nil
}

// urgent reports whether a stands before b in the queue, by category alone.
func urgent(a, b deskapi.Category) bool { return categoryPoints[a] > categoryPoints[b] }
