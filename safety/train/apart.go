package train

import "strings"

// apart returns those of held that no text of known is alike: the same, or with more than half of its
// runs of three words. Both were written by the same people, who say the same thing twice.
func apart(held, known []text) []text {
	same, in := map[string]bool{}, map[string][]int{}
	for i, x := range known {
		same[strings.Join(wordsOf(x.raw), " ")] = true
		for run := range runs(x.raw) {
			in[run] = append(in[run], i)
		}
	}
	var left []text
	for _, x := range held {
		all := runs(x.raw)
		shared, most := map[int]int{}, 0
		for run := range all {
			for _, i := range in[run] {
				shared[i]++
				most = max(most, shared[i])
			}
		}
		if !same[strings.Join(wordsOf(x.raw), " ")] && 2*most <= len(all) {
			left = append(left, x)
		}
	}
	return left
}

func wordsOf(raw string) []string {
	return strings.FieldsFunc(strings.ToLower(raw), func(r rune) bool { return strings.ContainsRune(" ,.?!:;،؟", r) })
}

// runs returns the runs of three words of a text.
func runs(raw string) map[string]bool {
	words, all := wordsOf(raw), map[string]bool{}
	for i := 2; i < len(words); i++ {
		all[strings.Join(words[i-2:i+1], " ")] = true
	}
	return all
}
