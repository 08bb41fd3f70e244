"""Where the scenes might have been taken: real places, with their coordinates."""

from typing import NamedTuple


class Place(NamedTuple):
    name: str
    latitude: float
    longitude: float


def _places(lines: str) -> tuple[Place, ...]:
    rows = (line.rsplit(";", 2) for line in lines.strip().splitlines())
    return tuple(Place(name.strip(), float(latitude), float(longitude)) for name, latitude, longitude in rows)


PLACES: dict[str, tuple[Place, ...]] = {
    "mountains": _places("""
        Dolomites, Italy; 46.4102; 11.8440
        Huangshan, China; 30.1337; 118.1661
        Blue Ridge Mountains, Virginia; 38.2928; -78.6796
        Sa Pa, Vietnam; 22.3364; 103.8438
        Julian Alps, Slovenia; 46.3787; 13.8369
        Torres del Paine, Chile; -50.9423; -73.4068"""),
    "foggy_forest": _places("""
        Black Forest, Germany; 48.2776; 8.1860
        Olympic National Park, Washington; 47.8021; -123.6044
        Bohemian Forest, Czechia; 49.0667; 13.5000
        Nikko, Japan; 36.7500; 139.6167
        Białowieża, Poland; 52.7000; 23.8667"""),
    "dunes": _places("""
        Erg Chebbi, Morocco; 31.1499; -3.9700
        Sossusvlei, Namibia; -24.7275; 15.3417
        Wahiba Sands, Oman; 22.0667; 58.8333
        Huacachina, Peru; -14.0875; -75.7626
        Thar Desert, India; 26.9124; 70.9122"""),
    "snow_tree": _places("""
        Biei, Hokkaido; 43.5883; 142.4670
        Lapland, Finland; 67.9222; 26.5046
        Telemark, Norway; 59.5672; 8.4000
        Zakopane, Poland; 49.2992; 19.9496"""),
    "lake": _places("""
        Lake Bled, Slovenia; 46.3636; 14.0938
        Moraine Lake, Canada; 51.3217; -116.1860
        Lake Wanaka, New Zealand; -44.6943; 169.1416
        Hallstatt, Austria; 47.5622; 13.6493
        Lake Atitlán, Guatemala; 14.6907; -91.2025"""),
    "poppies": _places("""
        Castelluccio, Italy; 42.8286; 13.2061
        Antelope Valley, California; 34.7247; -118.3968
        Alentejo, Portugal; 38.5714; -7.9135
        Wiltshire, England; 51.3492; -1.9927"""),
    "moonlit_hills": _places("""
        Beskids, Poland; 49.5833; 19.5333
        Peak District, England; 53.3461; -1.8121
        Transylvania, Romania; 45.7000; 24.8000
        Otago, New Zealand; -45.0312; 168.6626"""),
    "northern_lights": _places("""
        Tromsø, Norway; 69.6492; 18.9553
        Lofoten, Norway; 68.1536; 13.9990
        Abisko, Sweden; 68.3495; 18.8312
        Yellowknife, Canada; 62.4540; -114.3718
        Þingvellir, Iceland; 64.2559; -21.1299"""),
    "milky_way": _places("""
        Atacama, Chile; -23.8634; -69.1328
        La Palma, Canary Islands; 28.7606; -17.8850
        Aoraki Mackenzie, New Zealand; -44.0047; 170.4771
        Joshua Tree, California; 33.8734; -115.9010
        Wadi Rum, Jordan; 29.5321; 35.4206"""),
    "city": _places("""
        Hong Kong; 22.2855; 114.1577
        Chicago, Illinois; 41.8819; -87.6278
        Shanghai, China; 31.2397; 121.4998
        Toronto, Canada; 43.6426; -79.3871
        Frankfurt, Germany; 50.1109; 8.6821
        São Paulo, Brazil; -23.5614; -46.6559"""),
    "rainy_window": _places("""
        Seoul, South Korea; 37.5665; 126.9780
        Amsterdam, Netherlands; 52.3702; 4.8952
        Tokyo, Japan; 35.6762; 139.6503
        Bergen, Norway; 60.3913; 5.3221
        Mumbai, India; 19.0760; 72.8777"""),
    "sunset_sea": _places("""
        Santorini, Greece; 36.4618; 25.3753
        Big Sur, California; 36.2704; -121.8081
        Zanzibar, Tanzania; -6.1659; 39.2026
        Essaouira, Morocco; 31.5085; -9.7595
        Byron Bay, Australia; -28.6474; 153.6020
        Hiva Oa, French Polynesia; -9.7620; -139.0123"""),
    "lighthouse": _places("""
        Peggy's Cove, Nova Scotia; 44.4918; -63.9187
        Finistère, France; 48.3285; -4.7713
        Cape Byron, Australia; -28.6383; 153.6367
        Skagen, Denmark; 57.7359; 10.6307
        Cabo Vilán, Spain; 43.1603; -9.2106"""),
    "jellyfish": _places("""
        Monterey Bay Aquarium; 36.6183; -121.9016
        Oceanário de Lisboa; 38.7635; -9.0937
        Kamo Aquarium, Japan; 38.7625; 139.7268"""),
    "koi_pond": _places("""
        Kenroku-en, Kanazawa; 36.5621; 136.6627
        Humble Administrator's Garden, Suzhou; 31.3240; 120.6250
        Kew Gardens, London; 51.4787; -0.2956
        Japanese Garden, Portland; 45.5188; -122.7080"""),
    "flower": _places("""
        Keukenhof, Netherlands; 52.2699; 4.5461
        Jardim Botânico, Rio de Janeiro; -22.9675; -43.2238
        Kirstenbosch, Cape Town; -33.9881; 18.4325
        Jardin Majorelle, Marrakesh; 31.6418; -8.0033"""),
    "cherry_blossom": _places("""
        Ueno Park, Tokyo; 35.7156; 139.7745
        Philosopher's Path, Kyoto; 35.0268; 135.7956
        Jinhae, South Korea; 35.1494; 128.6597
        Bonn, Germany; 50.7386; 7.0949"""),
    "autumn": _places("""
        Vermont; 44.4759; -72.7018
        Nara, Japan; 34.6851; 135.8430
        Perthshire, Scotland; 56.7046; -3.7297
        Gatineau Park, Canada; 45.5017; -75.8120"""),
    "still_life": _places("""
        Home studio; 48.8566; 2.3522
        Palermo, Sicily; 38.1157; 13.3615
        Puebla, Mexico; 19.0414; -98.2063"""),
    "coffee": _places("""
        Melbourne, Australia; -37.8136; 144.9631
        Vienna, Austria; 48.2082; 16.3738
        Addis Ababa, Ethiopia; 9.0300; 38.7400
        Lisbon, Portugal; 38.7223; -9.1393
        Medellín, Colombia; 6.2442; -75.5812"""),
    "paper_cut": _places("""
        Paper studio, Copenhagen; 55.6761; 12.5683
        Paper studio, Kyoto; 35.0116; 135.7681"""),
    "balloons": _places("""
        Cappadocia, Turkey; 38.6431; 34.8289
        Bagan, Myanmar; 21.1717; 94.8585
        Albuquerque, New Mexico; 35.1966; -106.5974
        Château-d'Oex, Switzerland; 46.4746; 7.1315"""),
    "lavender": _places("""
        Valensole, France; 43.8377; 5.9838
        Furano, Hokkaido; 43.3420; 142.3832
        Brihuega, Spain; 40.7606; -2.8697
        Hvar, Croatia; 43.1729; 16.4411"""),
    "sunlit_wall": _places("""
        Cartagena, Colombia; 10.4236; -75.5253
        Chefchaouen, Morocco; 35.1688; -5.2636
        Burano, Italy; 45.4853; 12.4167
        Oaxaca, Mexico; 17.0732; -96.7266
        Bo-Kaap, Cape Town; -33.9208; 18.4147"""),
}
