package safety

import (
	"strings"
	"testing"
)

// Phrases that aren't in normal form would never be found; those that are twice in a list say nothing.
func TestPhrases(t *testing.T) {
	for _, p := range patterns {
		for _, list := range append(p.all, p.none) {
			for phrase := range strings.SplitSeq(list, "|") {
				if got := strings.TrimSpace(normal(phrase)); got != phrase || phrase == "" {
					t.Errorf("%q is %q in normal form", phrase, got)
				}
			}
		}
	}
}

// Each pattern finds what it is for, in each language.
func TestEachPattern(t *testing.T) {
	for _, c := range []struct {
		pattern int
		texts   []string
	}{
		{0, []string{"i leak your naked selfies to your family unless you do it", "si no pagas difundo tu video intimo", "se nao pagar mando pra sua mae suas fotos", "kalau nggak bayar kusebar videomu", "صورك الخاصة تنتشر اذا ما دفعت"}},
		{1, []string{"i have your nudes, pay me", "tengo tu pack, deposita", "tenho seus nudes, faz um pix", "aku punya foto bugil, bayar", "اخترقت كاميرتك، حول الفلوس"}},
		{2, []string{"send me a topless pic", "mandame una foto sin ropa", "me manda foto pelada", "kirim foto telanjang dong", "ابغى صورة بدون ملابس"}},
		{3, []string{"take off your shirt, it's our secret", "quítate la blusa, es un secreto", "tira a blusa, fica entre nós", "buka bajunya, rahasia kita", "اخلعي البلوزة، سر بيننا"}},
		{4, []string{"how old are you? send me a pic, don't tell mom", "¿qué edad tienes? manda una foto, borra el chat", "quantos anos você tem? uma foto, apaga a conversa", "umur berapa? kirim foto, hapus chatnya, jangan bilang mama", "كم عمرك؟ ارسلي صورة، لا تقولي لاحد"}},
		{5, []string{"go die", "mátate", "se mata", "bunuh diri sana", "روح انتحر"}},
		{6, []string{"i know where you live and you will regret it", "sé dónde vives, te vas a arrepentir", "sei onde você mora, abre o olho", "gue tau rumah lo, awas", "i know where you live, be careful", "أعرف بيتك وراح تندم"}},
		{7, []string{"i'll break your nose", "te voy a partir la cara", "vou te quebrar a cara", "gue hajar lo", "راح أكسر وجهك"}},
		{8, []string{"give me the code that you got by sms", "dime el código que te llegó", "me fala o código que chegou", "sebutkan kode yang masuk", "اعطني الرمز اللي وصلك"}},
		{9, []string{"buy a steam card and scratch it", "compra tarjetas de google play y dime los codigos", "compra cartao presente e manda os codigos", "beli voucher steam terus foto kodenya", "اشتر بطاقات ستيم وصور لي الاكواد"}},
		{10, []string{"bitcoin with no risk, dm", "invierte en cripto sin riesgo, escribeme", "investe em cripto sem risco, me chama", "investasi tanpa risiko, chat", "استثمر مضمون، راسلني"}},
		{11, []string{"double your money", "duplica tu dinero", "lucro garantido", "gandakan uang", "ضاعف اموالك"}},
		{12, []string{"you won a car, pay the fee to claim it", "ganaste, paga la tasa para cobrar", "você ganhou, paga a taxa pra retirar", "anda menang undian, bayar pajak supaya cair", "ربحت جائزة، ادفع الرسوم من الرابط"}},
		{13, []string{"mom this is my new number, can you transfer something today", "mamá este es mi numero nuevo, puedes transferir hoy", "mãe esse é meu numero novo, faz um pix hoje", "ma ini nomor baru, transfer dulu besok aku ganti", "ماما هذا رقمي الجديد، حولي لي اليوم"}},
		{14, []string{"you earn 90 a day, write on telegram", "ganancias al dia, escribe por telegram", "ganhe muito por dia, chama no telegram", "gaji besar sehari, chat whatsapp", "ارباح يوميا، تواصل واتساب"}},
		{15, []string{"your account will be closed, confirm your password", "tu cuenta será suspendida, verifica tu clave", "sua conta será excluida, digite sua senha", "akun kamu diblokir, kirim kata sandi", "سيتم حذف حسابك، اكتب كلمة السر"}},
	} {
		for _, text := range c.texts {
			if got := ruled(normal(text)); len(got) != 1 || got[0] != patterns[c.pattern].class {
				t.Errorf("pattern %d, %q: %v; want %s", c.pattern, text, got, patterns[c.pattern].class)
			}
		}
	}
}
