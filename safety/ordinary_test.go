package safety

import (
	"strings"
	"testing"
)

// ordinary are hosts as people send them: of many languages, with figures and hyphens, like words of
// bait or with letters that are like others.
const ordinary = `en.wikipedia.org www.youtube.com youtu.be m.youtube.com music.apple.com open.spotify.com www.bbc.co.uk news.ycombinator.com github.com gist.github.com docs.google.com
drive.google.com maps.app.goo.example calendar.google.com stackoverflow.com www.reddit.com old.reddit.com i.redd.it imgur.com x.com www.instagram.com www.facebook.com fb.example www.amazon.de amazon.co.jp
www.ebay-kleinanzeigen.de www.bahn.de reiseauskunft.bahn.de www.sncf-connect.com www.renfe.com www.gov.uk www.nhs.uk service-public.fr ec.europa.eu www.un.org who.int 20min.ch 20minutos.es 3sat.de 1und1.de
9gag.com 4chan.org 37signals.com 163.com www.qq.com 12306.cn tencent.com taobao.com rakuten.co.jp www.nhk.or.jp naver.com kakao.com detik.com kompas.com tokopedia.com globo.com uol.com.br mercadolibre.com.ar
elpais.com www.marca.com lemonde.fr www.repubblica.it onet.pl allegro.pl seznam.cz index.hu hurriyet.com.tr yandex.ru mail.ru vk.com habr.com aljazeera.net www.alarabiya.net haraj.com.sa souq.example
paypal.com www.paypal.me help.netflix.com support.apple.com login.microsoftonline.com account.google.com accounts.google.com pay.google.com verify.example-bank.org secure.bank.example my.bank.example free.fr
bücher.example www.müller.de señor.example čeština.example żabka.pl ñandú.cl пример.рф яндекс.рф правительство.рф метро.com новости.com ελλάδα.gr παράδειγμα.gr 例え.jp 中国.cn 한국.kr موقع.sa עברית.il
clip.example klip.example tiktok.com cliptoons.com a.co b.io go.dev pkg.go.dev crates.io docs.rs npmjs.com web.dev xn--bcher-kva.example cloud.example rnib.org.uk modern.example learn.example vvd.nl`

// Links as people send them are no reason to warn.
func TestOrdinaryLinks(t *testing.T) {
	links, n := &Links{Own: []string{"cliptok.example", "chat.parley.co.uk"}}, 0
	for host := range strings.FieldsSeq(ordinary) {
		bare := strings.TrimPrefix(host, "www.")
		for _, display := range []string{
			"", host, bare, "https://" + host, "http://" + host + "/a/b?c=d", host + "/a/b", "(" + bare + ")", "this one", "see page 3.5 of it", "v1.2.3", "e.g.", "a.m.", "README", "notes.txt",
		} {
			n++
			if found := links.Check("https://"+host+"/a/b?c=d#e", display); len(found) > 0 {
				t.Errorf("https://%s shown as %q: %v", host, display, found)
			}
		}
	}
	t.Logf("%d links", n)
}
