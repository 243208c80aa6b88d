package safety

import (
	"slices"
	"strings"
	"sync"
)

// A pattern is what a model of single words and pairs can't learn: phrases that say nothing alone and
// much together. A text is of its class if it has a phrase of each of all, and none of none.
//
// Phrases are whole words in normal form, separated by |; those of several languages stand
// together: English, Spanish, Portuguese, Indonesian, Arabic.
type pattern struct {
	class Class
	all   []string
	none  string
}

// told are words of who tells of something that somebody else did: who asks for help, or quotes it, doesn't do it.
const told = "asked me|asked my|asked her|someone|somebody|a stranger|some guy|he wrote|she wrote|they wrote|wrote|commented|said|says|" +
	"reported|report it|blocked him|hotline|helpline|never|dont send|dont share|dont give|my nudes|threatened me|threatens me|what should i do|what can i do|" +
	"me pidio|le pidio|pidieron|escribieron|pusieron|me amenaza|me amenazan|mis fotos|que hago|nunca|" +
	"me pediu|pediu pra|pediram|escreveram|comentaram|me ameacando|minhas fotos|o que faco|denunciei|denuncia|" +
	"ada orang|ada yang|aku diancam|fotoku|harus gimana|gimana ya|laporkan|" +
	"طلب مني|طلب من|يهددني|صوري|وش اسوي|كتبوا|علقوا|بلغ عليهم|بلغنا|لا تعطي"

// warned are words of who warns of a fraud.
const warned = "scam|fake|careful|beware|phishing|estafa|falso|cuidado|ojo|golpe|penipuan|palsu|awas|نصب|نصاب|مزيف|مزيفه|انتبه|احذر"

// intimate are pictures that somebody is blackmailed with; askedFor those that somebody is asked for.
const (
	intimate = "your nude|your naked|you naked|your private pic|your private photo|your private picture|your private video|your intimate|your sex tape|your dick pic|nudes of you|recorded you|filmed you|screenshots of you|your leaked|the video of you|" +
		"tus nudes|tus desnudos|tus fotos intimas|tus fotos privadas|tu pack|tu video|te grabe|tu video intimo|" +
		"seus nudes|suas fotos|seu video|te gravei|suas fotos intimas|gravei voce|" +
		"foto bugil kamu|foto bugilmu|foto telanjang kamu|foto telanjangmu|video bugil kamu|videomu|video mesum kamu|kamu terekam|fotomu|" +
		"صورك العاريه|صورك الخاصه|صورك بدون ملابس|مقطعك|فضيحتك|سجلتك|صورتك عاريه|صورتك عاري"
	askedFor = "nude|nudes|naked pic|naked picture|naked photo|naked selfie|pic without clothes|photo without clothes|picture without clothes|topless pic|boob pic|dick pic|pic in underwear|underwear pic|photo in underwear|sexy pic|" +
		"pack|foto sin ropa|fotos sin ropa|foto desnuda|foto desnudo|fotos intimas|foto en ropa interior|" +
		"foto pelada|foto pelado|foto sem roupa|fotos sem roupa|foto de calcinha|" +
		"pap tt|foto bugil|foto telanjang|foto tanpa baju|foto syur|foto pakai dalaman|" +
		"صوره عاريه|صور عاريه|صوره بدون ملابس|صور بدون ملابس|صوره جريئه|صور بالملابس الداخليه"
	spread = "leak|leaks|post it|post them|post your|send it to|send them to|send to all|publish|upload|expose you|show everyone|everyone|everybody|viral|your friend|your family|your follower|your mom|your mother|your parents|your wife|your husband|your boyfriend|your girlfriend|your boss|your contact|" +
		"publico|las mando|lo mando|la mando|difundo|las subo|lo subo|tus amigos|tu familia|tus papas|tu mama|tus contactos|tus seguidores|a todos|" +
		"posto|espalho|vazo|vazam|mando pra|seus amigos|sua familia|sua mae|seus pais|seus contatos|seus seguidores|todo mundo|" +
		"sebar|kusebar|sebarkan|tersebar|upload|posting|viralkan|temanmu|keluargamu|ibumu|orang tuamu|kontakmu|" +
		"انشر|انشرها|افضحك|تنتشر|ارسلها|اهلك|امك|اصحابك|جهات اتصالك|للجميع|متابعينك"
	demand = "pay|money|or else|unless|transfer|gift card|steam card|bitcoin|0 hours|one hour|ten minutes|do as i say|do what i say|$0|0$|if you block|block me|send more|send another|" +
		"paga|pagame|pagas|deposita|transfiere|si no|o haces|si me bloqueas|bitcoin|0 horas|una hora|mandame otra|" +
		"paga|me paga|faz um pix|transfere|deposita|senao|se nao|se me bloquear|manda outra|" +
		"bayar|transfer|kirim uang|kalau nggak|kalau tidak|blokir|nurut|kirim lagi|" +
		"ادفع|ادفعي|حول|حولي|والا|الفلوس|المبلغ|اذا ما|لو بلكتيني|اذا بلكتيني|ارسلي صوره ثانيه"
	caught  = "screen recorded you|have your nude|got your nude|hacked your camera|hacked your webcam|tengo tus nudes|tengo tus desnudos|tengo tu pack|tengo tus fotos intimas|hackee tu camara|tenho seus nudes|tenho suas fotos intimas|hackeei sua|punya foto bugil|punya foto telanjang|kameramu aku hack|عندي صورك|اخترقت كاميرتك|هكرت كاميرتك"
	payUp   = "pay|pay me|or else|money|transfer|bitcoin|$0|paga|pagame|deposita|transfiere|faz um pix|me paga|transfere|bayar|transfer|ادفع|ادفعي|حول|حولي"
	wantsIt = "send|send me|gimme|give me|show me|i want|can i get|trade|pay you|i pay|manda|mandame|envia|enviame|pasa|pasame|rola|quiero|te pago|" +
		"me manda|passa|quero|te pago|te dou|kirim|pap tt|minta|mau lihat|kasih|aku bayar|ارسلي|ابعثي|وريني|ابي|ابغي|ادفع لك|صوري"
	hush = "dont tell|secret|delete the chat|delete this chat|delete it after|nobody will know|no one will know|your parents|between us|only for me|just for me|alone|nobody is watching|" +
		"no le digas|no les digas|secreto|borra el chat|nadie|sola|solita|nao conta|segredo|apaga a conversa|ninguem|sozinha|fica entre|" +
		"jangan bilang|rahasia|hapus chat|nggak ada yang tau|sendirian|سر|سر بيننا|لا تقولي|لا تخبري|امسحي المحادثه|محد يدري|لحالك"
	undress = "take off your shirt|take off your clothes|take off your top|take your clothes off|take your shirt off|undress|show me your body|see your body|get naked|see you naked|" +
		"quitate la ropa|quitate la blusa|quitate la camiseta|desnudate|ensename tu cuerpo|ver tu cuerpo|verte desnuda|verte desnudo|" +
		"tira a roupa|tira a blusa|mostra seu corpo|ver seu corpo|te ver pelada|te ver pelado|buka baju|buka bajunya|lihat badan|lihatin badan|lihat kamu telanjang|" +
		"شيلي ملابسك|شيلي البلوزه|اخلعي|افصخي|وريني جسمك|ورني جسمك|اشوف جسمك|اشوفك عاريه"
	age = "how old are you|how old r u|whats your age|what grade are you|cuantos anos tienes|que edad tienes|quantos anos voce tem|qual sua idade|umur kamu|umur berapa|berapa umur|كم عمرك|وش عمرك"
	pic = "a pic|me pic|pics|a photo|a picture|your body|una foto|tu cuerpo|uma foto|seu corpo|kirim foto|pap|badan|صوره|جسمك"
)

// Of scams.
const (
	secretCode = "code|codes|otp|0 digits|0 numbers|six digits|six numbers|six digit|pin|codigo|codigos|clave|0 digitos|seis digitos|numeros|token|kode|kode otp|0 angka|رمز|الرمز|كود|الكود|الارقام"
	tellCode   = "send me|give me|tell me|read me|read it to me|read them to me|send it to me|send it back|forward it to me|forward me|tell it to me|share it with me|screenshot it|" +
		"dime|digame|dictame|dicteme|mandame|me lo pasas|me lo mandas|pasame|pasamelo|me lo puedes|me fala|me passa|me manda|me diz|informe|confirme|sebutkan|bacakan|kirim ke aku|minta|kasih tau|" +
		"ارسله لي|ترسله لي|عطني|اعطني|اعطنا|قل لي|ابعث لي"
	codeCame = "you received|you receive|you got|you get|just got|just sent|by mistake|by accident|accidentally|by sms|text message|that came|that comes|we sent|we texted|i sent|your phone|to your number|" +
		"te llego|te acaba|le acaban|acaba de llegar|por error|que llego|le enviamos|chegou|que chegar|por engano|enviamos|barusan|yang masuk|nyasar|salah kirim|kami kirim|وصلك|وصلتك|بالغلط|الان|المرسل"
	harmless = "door|gate|wifi|alarm|building|locker|zoom|meeting|promo|discount|printer|netflix|puerta|porton|porta|portao|geladeira|nevera|pintu|pagar|kulkas|الباب|الواي فاي|البوابه|نتفلكس|الثلاجه"

	giftCard = "gift card|steam card|apple card|itunes card|google play card|amazon card|razer card|google play|tarjeta de steam|tarjetas de steam|tarjetas de google play|tarjeta de regalo|tarjetas de regalo|cartao presente|cartoes|voucher google play|voucher steam|بطاقه جوجل بلاي|بطاقات جوجل بلاي|بطاقات هدايا|بطاقات ستيم"
	cardCode = "photo of the code|picture of the code|photos of the code|photo of the back|send me the code|send the code|text me the code|the codes|scratch|silver strip|numbers on the back|foto del codigo|los codigos|foto do codigo|os codigos|kodenya|foto kode|الاكواد|صور لي"

	coins    = "bitcoin|btc|crypto|forex|usdt|trading|trader|invest|investment|investing|coins|wallet|cripto|criptomonedas|inversion|invierte|billetera|investe|invista|criptomoedas|carteira|investasi|kripto|dompet|استثمر|العملات الرقميه|التداول|الفوركس|بيتكوين|المحفظه"
	surely   = "guaranteed|no risk|risk free|zero risk|nobody has lost|never lost|double your|doubles|doubled|twice back|comes back twice|profit every|daily profit|returns|garantizado|garantizadas|sin riesgo|el doble|garantido|sem risco|o dobro|dijamin|tanpa risiko|pasti untung|dua kali lipat|مضمون|مضمونه|بدون مخاطر|الضعف"
	promise  = "double your bitcoin|double your money|double your coins|double your crypto|guaranteed profit|guaranteed return|duplica tus bitcoins|duplica tu dinero|ganancias garantizadas|lucro garantido|dobre seu dinheiro|profit pasti|gandakan uang|gandakan bitcoin|ارباح مضمونه|ضاعف عملاتك|ضاعف اموالك"
	doIt     = "message me|dm|inbox me|whatsapp|telegram|join|contact|ask me how|deposit|send|invest|put in|only today|limited|manda|escribeme|invierte|unete|cupos|me chama|chama|entra|manda|invista|vagas|gabung|chat|hubungi|kirim|kuota|انضم|راسلني|تواصل|ارسل|حول|استثمر"
	windfall = "you won|you have won|youve won|you are the winner|you were selected|you have been selected|you have been chosen|dear winner|inheritance|lottery|your parcel|your package|your delivery|ganaste|ha ganado|ganador|fuiste seleccionado|herencia|su paquete|tu paquete|voce ganhou|foi sorteado|heranca|sua encomenda|anda menang|hadiah mobil|undian|warisan|paket anda|فزت|ربحت|تم اختيارك|ورثه|شحنتك|الجائزه"
	fee      = "pay the|just pay|only pay|pay a|fee|fees|postage|customs|stamp duty|taxes|pague|paga la|paga el|tasa|impuesto|gastos|taxa|imposto|frete|pajak|bayar|biaya|ادفع|الرسوم|الضريبه|الجمارك"
	claim    = "claim|release|released|link|details|your card|liberar|enlace|reclamar|cobrar|retirar|no link|ambil|cair|dikirim|الرابط|لاستلام|لاستلامها|ليتم التوصيل"
	newPhone = "my new number|new number|temporary number|phone broke|phone is broken|lost my phone|dropped my phone|mi numero nuevo|mi nuevo numero|numero provisional|meu numero novo|numero novo|numero provisorio|nomor baruku|nomor baru|nomor sementara|رقمي الجديد|رقمي المؤقت"
	sendIt   = "transfer|send|pay it|to pay|lend|bill|bizum|depositar|transferir|pagar|mandas|enviar|pix|boleto|transfer|bayar|kirim|حولي|حول|تحولي|ادفع"
	soon     = "urgent|urgently|today|tonight|pay you back|pay it back|pay back|give it back|tomorrow|hoy|urgente|manana|devuelvo|hoje|amanha|devolvo|nanti|besok|ganti|penting|اليوم|بكره|ارجعها|ضروري"
	moveTo   = "on telegram|on whatsapp|via telegram|via whatsapp|telegram me|whatsapp me|add me on|en telegram|por whatsapp|por telegram|a telegram|no telegram|no whatsapp|no zap|di telegram|di whatsapp|chat telegram|chat whatsapp|علي تليجرام|علي واتساب|تواصل واتساب|تواصل تليجرام"
	earning  = "earn|profit|profits|a day|per day|per hour|daily|work from home|part time|ganancias|ganar|diarios|al dia|ganhe|por dia|lucro|gaji|sehari|per hari|untung|komisi|اربح|ارباح|يوميا|من البيت"
	blocked  = "suspended|deleted|closed|banned|limited|removed|disabled|deactivated|locked|eliminada|suspendida|bloqueada|cerrada|excluida|suspensa|desativado|bloqueado|dihapus|diblokir|ditutup|سيتم حذف|ينحذف|تجميد|موقوف|يتوقف"
	account  = "your account|your profile|your page|your card|tu cuenta|su cuenta|sua conta|seu perfil|akun kamu|akun anda|حسابك|بطاقتك"
	signIn   = "your password|your login|your pin|your card details|verify your|confirm your|log in here|tu contrasena|su contrasena|tu clave|verifica tu|sua senha|seu login|confirme sua|kata sandi|verifikasi|كلمه السر|بياناتك"
)

// Of harassment.
const (
	dieWish = "kill yourself|kys|go die|hang yourself|slit your wrists|end your life|hope you die|hope you get cancer|nobody would miss you|jump off a bridge|" +
		"matate|suicidate|ahorcate|muerete|ojala te mueras|se mata|se enforca|tomara que voce morra|espero que voce morra|bunuh diri sana|gantung diri|mati aja lo|mati aja kamu|mati sana|" +
		"روح انتحر|روح موت|اقتل نفسك|يا رب تموت|اتمني تموت"
	whereLives = "i know where you live|we know where you live|i found your address|i have your address|se donde vives|sabemos donde vives|sei onde voce mora|gue tau rumah lo|aku tau rumahmu|اعرف بيتك|نعرف بيتك"
	orBeware   = "watch your back|scared|coming for you|regret|kill you|hurt you|find you|sleep well|sleep tight|bitch|be careful|arrepentir|cuidate|no vas a dormir|te voy a|arrepender|se cuida|abre o olho|vou te|awas|nyesel|hati hati|hajar|تندم|انتبه|اقتلك"
	violence   = "break your jaw|break your legs|break your nose|break your face|smash your face|smash your head|beat the shit out of you|slit your throat|burn your house|partir la cara|te voy a matar|romper los dientes|vou te matar|quebrar a cara|te encher de porrada|gue bunuh lo|gue hajar lo|gue gebukin|اكسر وجهك|اكسر راسك|راح اقتلك|اذبحك"
	playing    = "haha|lol|jaja|jajaja|kk|wkwk|هه|game|fifa|chess|love you|te quiero|te amo|sayang|احبك|movie|film|serie"
)

// patterns are the rules, worst first.
var patterns = []pattern{
	{Sextortion, []string{intimate, spread, demand}, told + "|" + warned},
	{Sextortion, []string{caught, payUp}, told + "|" + warned},
	{Sextortion, []string{wantsIt, askedFor}, told + "|" + warned},
	{Sextortion, []string{undress, hush}, told + "|" + warned},
	{Sextortion, []string{age, pic, hush}, told + "|" + warned},
	{Harassment, []string{dieWish}, told + "|" + playing},
	{Harassment, []string{whereLives, orBeware}, told + "|" + playing},
	{Harassment, []string{violence}, told + "|" + playing},
	{Scam, []string{secretCode, tellCode, codeCame}, told + "|" + warned + "|" + harmless},
	{Scam, []string{giftCard, cardCode}, told + "|" + warned},
	{Scam, []string{coins, surely, doIt}, told + "|" + warned},
	{Scam, []string{promise}, told + "|" + warned},
	{Scam, []string{windfall, fee, claim}, told + "|" + warned},
	{Scam, []string{newPhone, sendIt, soon}, told + "|" + warned},
	{Scam, []string{moveTo, earning}, told + "|" + warned},
	{Scam, []string{account, blocked, signIn}, told + "|" + warned},
}

// An entry is a phrase of a list of a pattern: its all, by their place, or its none, behind them.
type entry struct {
	pattern, list int
	phrase        string
	more          bool // it is more than a word
}

// index has all phrases by their first word.
var index = sync.OnceValue(func() map[string][]entry {
	all := map[string][]entry{}
	for i, p := range patterns {
		for list, phrases := range append(slices.Clone(p.all), p.none) {
			for phrase := range strings.SplitSeq(phrases, "|") {
				first, _, more := strings.Cut(phrase, " ")
				all[first] = append(all[first], entry{i, list, phrase, more})
			}
		}
	}
	return all
})

// ruled returns the classes whose patterns a normal text is of.
func ruled(text string) (found []Class) {
	has := make([]uint, len(patterns)) // a bit for each list
	seen := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		if seen[word] {
			continue
		}
		seen[word] = true
		for _, e := range index()[word] {
			if has[e.pattern]>>e.list&1 == 0 && (!e.more || hasWords(text, e.phrase)) {
				has[e.pattern] |= 1 << e.list
			}
		}
		if one, ok := strings.CutSuffix(word, "s"); ok {
			for _, e := range index()[one] {
				if !e.more {
					has[e.pattern] |= 1 << e.list
				}
			}
		}
	}
	for i, p := range patterns {
		if has[i] == 1<<len(p.all)-1 && !slices.Contains(found, p.class) {
			found = append(found, p.class)
		}
	}
	return found
}

// hasWords reports whether a normal text has a phrase as whole words, as it is or with an s.
func hasWords(text, phrase string) bool {
	for {
		i := strings.Index(text, phrase)
		if i < 0 {
			return false
		}
		rest := strings.TrimPrefix(text[i+len(phrase):], "s")
		if i > 0 && text[i-1] == ' ' && strings.HasPrefix(rest, " ") {
			return true
		}
		text = text[i+1:]
	}
}
