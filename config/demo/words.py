"""What the members of the demo say, by scene."""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


CAPTIONS: dict[str, list[str]] = {
    "mountains": _lines("""
        Seven ridges before breakfast.
        The valley was still asleep.
        Every layer a little further from the phone signal.
        Two hours up in the dark for this.
        I counted the ridges until I lost count.
        Mist doing what mist does best.
        The last one is probably another country."""),
    "sunset_sea": _lines("""
        The sun took its time today.
        Last swim of the day, then this.
        Nobody on the beach said a word.
        Salt on the lens, salt on everything.
        Same horizon, never the same evening.
        Stayed until the light was gone.
        A road made of light."""),
    "foggy_forest": _lines("""
        You could hear the fog drip.
        Walked in, forgot what I was thinking about.
        The trees stand closer together when it is quiet.
        Visibility: one good idea.
        No wind at all, only woodpeckers.
        Went out for mushrooms, came back with this.
        The path knows the way, I just follow."""),
    "flower": _lines("""
        First one in the garden to open.
        Grown from a cutting my neighbour gave me.
        Nature and its geometry.
        Spent an hour on my knees for this one.
        It will only look like this today.
        Counted the petals. Twice. Different results.
        Morning light, no filter needed."""),
    "city": _lines("""
        A thousand windows, a thousand dinners.
        The city looks better upside down.
        Missed the last ferry. Worth it.
        Somebody up there is still working.
        Blue hour lasts eleven minutes. I timed it.
        From the bridge, after the rain.
        My commute, on a good day."""),
    "balloons": _lines("""
        Up before the birds.
        Silence, then the burner, then silence.
        We drifted where the wind wanted.
        Half past five and wide awake.
        I waved. Somebody waved back.
        Like lanterns somebody forgot to tie down.
        The best traffic jam in the world."""),
    "lake": _lines("""
        Which way up?
        Not a ripple until the ducks arrived.
        Threw no stones today.
        Cold feet, warm coffee, still water.
        The lake was keeping a copy.
        Came for the walk, stayed for the reflection.
        Morning swim, very brief."""),
    "coffee": _lines("""
        First of three.
        The meeting could wait.
        My best pour so far. The first forty don't count.
        Slow mornings are a skill.
        Corner table, window seat.
        Almost too nice to drink. Almost.
        Fuel for the darkroom."""),
    "northern_lights": _lines("""
        Minus nineteen and nobody went inside.
        It moved like something breathing.
        Waited four nights for eleven minutes.
        No camera gets this right. Here is mine trying.
        The whole village came out in slippers.
        Green first, then violet, then silence.
        Solar wind, arriving on schedule."""),
    "poppies": _lines("""
        The field behind the bus stop.
        They only last a fortnight.
        Knee-deep in June.
        The farmer said to take as many pictures as I liked.
        Bees everywhere, none in the picture.
        Summer begins here, I have decided.
        Took the long way home."""),
    "lighthouse": _lines("""
        It has said the same thing for a hundred years.
        Four seconds on, eight seconds off.
        Wind strong enough to lean on.
        The keeper's dog came along to check on me.
        Storm to the left, supper to the right.
        End of the road, in a good way.
        Counted the beams instead of sheep."""),
    "sunlit_wall": _lines("""
        Eleven in the morning, every day, for ten minutes.
        I have walked past this door for six years.
        Somebody loves this plant very much.
        Siesta.
        The palm is across the street. Only its shadow visits.
        Whoever chose these colours: thank you.
        Knocked to say how lovely it is. Got lemonade."""),
    "dunes": _lines("""
        The wind redraws it every night.
        One side for the morning, one for the evening.
        Sand in everything I own, no regrets.
        Walked an hour towards it, it stayed as far away.
        There is no silence like this one.
        Camels sensibly stayed at camp.
        My footprints lasted about a minute."""),
    "jellyfish": _lines("""
        No brain, no bones, no problem.
        Stood here until they dimmed the lights.
        Five hundred million years of drifting.
        It glows, it goes.
        I think it noticed me. It did not care.
        Lava lamp, original edition.
        Breathing in slow motion."""),
    "cherry_blossom": _lines("""
        Blink and you miss it.
        Petals in my coffee. I left them there.
        The whole street smelled of spring.
        One windy day from being gone.
        Grandmother's tree, older than all of us.
        Looked up and forgot to cross.
        This week only."""),
    "moonlit_hills": _lines("""
        Bright enough to read by.
        Somebody was still up.
        The long way home, by moonlight.
        An owl, a fence, and this.
        Turned off the headlights for a minute.
        Quiet enough to hear the frost.
        The moon did all the work."""),
    "still_life": _lines("""
        Market day.
        Moved one pear for an hour. It was the other pear.
        Lunch, shortly before.
        North window, nothing else.
        Practising patience and shadows.
        Then I ate the subject.
        Painters were on to something."""),
    "lavender": _lines("""
        You can smell this one.
        The rows go on as far as the bees do.
        Two weeks before the harvest.
        Stopped the car, obviously.
        My shoes are purple now.
        One tree, excellent taste in company.
        Drove three hours for ten good minutes."""),
    "snow_tree": _lines("""
        It stands there all year. Today I noticed.
        First snow, first tracks, first cold fingers.
        The only thing for miles.
        Kept my distance so as not to spoil the snow.
        White is a colour.
        Three jumpers and a thermos.
        Everything else was cancelled."""),
    "rainy_window": _lines("""
        Missed the bus, found this.
        Rain makes everyone a painter.
        The best seat in the café.
        Out of focus on purpose.
        Every drop has the whole street in it.
        Waiting for it to stop. Not in a hurry.
        Tuesday, slightly blurred."""),
    "koi_pond": _lines("""
        The white one is called Tofu.
        They know the sound of my shoes.
        A meeting was in progress.
        Painted from above.
        Older than me, some of them.
        The orange one always wants to be in the picture.
        Still water, moving colours."""),
    "autumn": _lines("""
        Peak week.
        It let go of everything beautifully.
        Raking is cancelled until further notice.
        My whole palette in one tree.
        Crunchy.
        The same tree as last year, in a different mood.
        Five minutes later the wind arrived."""),
    "paper_cut": _lines("""
        Five sheets, one evening, two plasters.
        Trying out a new palette.
        Shadow does half the drawing.
        Made from leftovers of the big one.
        Layer by layer.
        The scissors chose the shape.
        Study for something larger."""),
    "milky_way": _lines("""
        Thirty seconds of holding my breath.
        No moon, no clouds, no neighbours.
        We are inside of this. Think about it.
        The tent was colder than it looks.
        Light that left before there were cameras.
        Counted four shooting stars and stopped counting.
        Worth every kilometre from the nearest lamp."""),
}

OPENINGS = ["This morning:", "From last week.", "Finally.", "One more from the trip.", "Found on the old memory card:",
            "Day 3.", "Right place, right time.", "Could not resist.", "Quick one:", "For my sister."]  # fmt: skip
MOODS = ["Good night.", "That is all.", "More tomorrow.", "I needed that.", "Highly recommended.", "No complaints.",
         "Who wants to come next time?", "Hope you are all well.", "Still thinking about it."]  # fmt: skip

EMOJI: dict[str, list[str]] = {
    "mountains": ["🏔️", "⛰️", "🥾"], "sunset_sea": ["🌅", "🌊", "⛵"], "foggy_forest": ["🌲", "🌫️"],
    "flower": ["🌸", "🌼", "🌺"], "city": ["🌃", "🌆"], "balloons": ["🎈", "☀️"], "lake": ["🏞️", "🦆"],
    "coffee": ["☕", "🤎"], "northern_lights": ["💚", "✨", "❄️"], "poppies": ["🌾", "🐝"], "lighthouse": ["🌊", "💡"],
    "sunlit_wall": ["☀️", "🌴", "🚪"], "dunes": ["🐪", "🏜️"], "jellyfish": ["🪼", "💙"], "cherry_blossom": ["🌸"],
    "moonlit_hills": ["🌕", "🦉"], "still_life": ["🍐", "🍋", "🍎"], "lavender": ["💜", "🐝"],
    "snow_tree": ["❄️", "🤍"], "rainy_window": ["☔", "🌧️"], "koi_pond": ["🐟", "🎏"], "autumn": ["🍂", "🍁"],
    "paper_cut": ["✂️", "📄"], "milky_way": ["🌌", "⭐", "🏕️"],
}  # fmt: skip

TAGS: dict[str, list[str]] = {
    "mountains": ["mountains", "layers", "hiking", "mist"], "sunset_sea": ["sunset", "sea", "goldenhour", "ocean"],
    "foggy_forest": ["forest", "fog", "moody", "trees"], "flower": ["flowers", "macro", "garden", "bloom"],
    "city": ["city", "nightphotography", "skyline", "bluehour"], "balloons": ["balloons", "sunrise", "travel"],
    "lake": ["lake", "reflection", "stillness"], "coffee": ["coffee", "latteart", "slowmorning"],
    "northern_lights": ["aurora", "northernlights", "nightsky"], "poppies": ["wildflowers", "meadow", "summer"],
    "lighthouse": ["lighthouse", "coast", "sea"], "sunlit_wall": ["doors", "minimal", "shadows", "colour"],
    "dunes": ["desert", "dunes", "minimal"], "jellyfish": ["jellyfish", "underwater", "blue"],
    "cherry_blossom": ["cherryblossom", "spring", "sakura"], "moonlit_hills": ["moon", "nightsky", "quiet"],
    "still_life": ["stilllife", "fruit", "windowlight"], "lavender": ["lavender", "summer", "fields"],
    "snow_tree": ["winter", "snow", "minimal"], "rainy_window": ["rain", "bokeh", "city"],
    "koi_pond": ["koi", "garden", "water"], "autumn": ["autumn", "leaves", "trees"],
    "paper_cut": ["papercut", "handmade", "colour"], "milky_way": ["milkyway", "nightsky", "stars", "camping"],
}  # fmt: skip

COMMENTS: dict[str, list[str]] = {
    "any": _lines("""
        This is beautiful.
        The light! 😍
        Love the colours.
        I could look at this all day.
        How did you get this one?
        Wow.
        One of your best, I think.
        Need this on my wall.
        So calm.
        What a mood.
        Saving this for a grey Monday.
        You have such an eye.
        Which lens?
        Take me there.
        Perfect composition.
        👏👏👏
        Stunning, as ever.
        Made my morning, thank you.
        I can almost smell it.
        ❤️
        Okay, I am packing my bag.
        The grain is lovely.
        Teach me!
        This made me stop scrolling."""),
    "mountains": ["Which trail is this?", "That last ridge though.", "My legs hurt just looking at it."],
    "sunset_sea": ["I was on that beach last summer!", "That path of light…", "Did you swim after?"],
    "foggy_forest": ["I can hear the quiet.", "Straight out of a fairy tale.", "Hope you left breadcrumbs."],
    "flower": ["What variety is it?", "The symmetry is unreal.", "Mine never look like that."],
    "city": ["Those windows ✨", "Which bridge?", "Blade Runner vibes."],
    "balloons": ["Still on my list!", "Were you in one or on the ground?", "The stripes ❤️"],
    "lake": ["I turned my phone around to check.", "Mirror mirror.", "Looks freezing!"],
    "coffee": ["Best foam in town.", "Now I need one.", "Where is this café?"],
    "northern_lights": ["Goosebumps.", "What was your exposure?", "I would have cried."],
    "lighthouse": ["The beam! How long did you wait?", "Sounds windy."],
    "sunlit_wall": ["That shadow is everything.", "Wes Anderson called.", "I know this street!"],
    "dunes": ["Those curves.", "Like a drawing.", "How hot was it?"],
    "jellyfish": ["Hypnotic.", "Alien and lovely."],
    "cherry_blossom": ["Spring at last!", "Hanami soon?", "So soft 🌸"],
    "still_life": ["Cézanne would approve.", "That pear has character.", "What is your light source?"],
    "lavender": ["I can smell it from here.", "Bees must be in heaven."],
    "rainy_window": ["Cozy.", "The bokeh is dreamy.", "Rain days are photo days."],
    "koi_pond": ["Hello Tofu!", "So graceful."],
    "autumn": ["Sweater weather.", "The reds!", "My favourite season."],
    "paper_cut": ["Do you sell these?", "The patience this takes!"],
    "milky_way": ["We are so small.", "How dark is it there?", "That tent glow ✨"],
}

REPLIES = ["Thank you, {name}!", "{name} so kind, thanks 🙏", "{name} come along next time!", "{name} 50 mm, wide open.",
           "{name} pure luck, honestly.", "Thanks {name}, means a lot.", "{name} early morning is the trick."]  # fmt: skip
