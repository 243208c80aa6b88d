package browser

// lines are what people say on a tour.
type lines struct {
	names  []string // of four friends
	talk   []string // with the first; every third is one's own, from the second on
	group  []string
	title  string
	other  []string // what the others write
	unsent string   // what isn't taken
	draft  string
	search string
}

var english = lines{
	names: []string{"Leo Marchetti", "Nora Haddad", "Sam Okafor", "Kim Duval"},
	talk: []string{
		"Hey Maya! It’s Leo from the pottery class 🙂",
		"Leo! Good to hear from you. How did the *blue bowl* turn out?",
		"Better than I hoped. The glaze ran a little, but I like it",
		"I’ll bring it on Saturday",
		"Please do. I’ve two that cracked, so I need cheering up",
		"😂",
		"Ask Nora, she saves everything with gold paint. There’s a Japanese word for it",
		"Kintsugi! I’ve always wanted to try that",
		"Then it’s decided: Saturday at **ten**, and I bring the coffee",
		"See you there ☕️",
	},
	group: []string{
		"I’ve made us a group, so that nobody misses the kiln again 🔥",
		"Finally!",
		"Who has the key this week?",
		"I do. Opening at nine, the kiln is free from eleven",
		"Can I fire three mugs and a plate?",
		"If they’re dry, yes",
	},
	title:  "Saturday pottery",
	other:  []string{"Could you send me the recipe for the white glaze?", "I found your scarf in the studio!"},
	unsent: "Are you coming on Saturday?",
	draft:  "I’ll be a little late, start without",
	search: "kiln",
}

var arabic = lines{
	names: []string{"ليلى حداد", "نور الدين", "سامي عواد", "كريم سالم"},
	talk: []string{
		"مرحبا مايا! أنا ليلى من درس الخزف 🙂",
		"ليلى! سعيدة بسماع أخبارك. كيف أصبح *الوعاء الأزرق*؟",
		"أجمل مما توقعت. سال الطلاء قليلا لكنه أعجبني",
		"سأحضره يوم السبت",
		"نعم من فضلك، انكسر عندي اثنان وأحتاج إلى خبر جميل",
		"😂",
		"اسألي نور، فهو يصلح كل شيء بطلاء ذهبي",
		"كنت أريد أن أجرب ذلك دائما",
		"اتفقنا: السبت الساعة **العاشرة**، والقهوة عندي",
		"إلى اللقاء ☕️",
	},
	group: []string{
		"أنشأت لنا مجموعة حتى لا يفوت أحد موعد الفرن 🔥",
		"أخيرا!",
		"من عنده المفتاح هذا الأسبوع؟",
		"عندي. أفتح في التاسعة، والفرن متاح من الحادية عشرة",
		"هل أستطيع حرق ثلاثة أكواب وصحن؟",
		"إذا كانت جافة، نعم",
	},
	title:  "خزف يوم السبت",
	other:  []string{"هل ترسل لي وصفة الطلاء الأبيض؟", "وجدت وشاحك في المشغل!"},
	unsent: "هل تأتي يوم السبت؟",
	draft:  "سأتأخر قليلا، ابدؤوا بدوني",
	search: "الفرن",
}
