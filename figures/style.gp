# The style of every figure: SVG on whatever the page's colour is, in the colours of Okabe and Ito (2008), which colour-blind readers tell apart;
# thin axes, no boxes, a key outside the data. A script is called with table and output set; it names its axes, sets what it needs and plots. It uses
# no colour but these, and begins with the caption. Pages change the colours by their exact strings.
set encoding utf8
set minussign
svg = 'set terminal svg dynamic enhanced font "DejaVu Sans,15" size 720,'
@svg 480
set output output
set datafile separator "\t"
set datafile missing "nan"
set datafile commentschars "#"
blue = "#0072B2"; vermilion = "#D55E00"; green = "#009E73"; sky = "#56B4E9"; orange = "#E69F00"; purple = "#CC79A7"; black = "#222222"; grey = "#888888"

set border 3 linewidth 0.8 linecolor rgb "#555555"
set tics nomirror out scale 0.6 textcolor rgb "#333333"
set grid back linetype 1 linecolor rgb "#e6e6e6" linewidth 0.6
set key at graph 0.5, graph 1 center bottom horizontal Left reverse noautotitle samplen 1.6 spacing 1.15 width 0.5 textcolor rgb "#222222"
set title font ",16" offset 0,1 textcolor rgb "#222222"
set tmargin 3.9
do for [axis in "x y y2"] { eval "set ".axis."label textcolor rgb '#333333'" }
set style fill transparent solid 0.2 noborder
set pointintervalbox 0.001 # error bars would clear a white disc behind each point
set errorbars small

# The roles that the papers share: what theory says, what was sampled, what a bound allows, what a search found.
set style line 1 linecolor rgb black linewidth 2
set style line 2 linecolor rgb vermilion linewidth 1.5 pointtype 7 pointsize 0.5
set style line 3 linecolor rgb blue linewidth 2
set style line 4 linecolor rgb green linewidth 2 pointtype 5 pointsize 0.5
set style line 5 linecolor rgb orange linewidth 2
set style line 6 linecolor rgb purple linewidth 2
set style line 7 linecolor rgb sky linewidth 2
set style line 8 linecolor rgb grey linewidth 1 dashtype 2
# Where series have no role, in order.
hues = black." ".vermilion." ".blue." ".green." ".orange." ".purple." ".sky." ".grey
hue(i) = word(hues, 1 + (i - 1) % words(hues))
do for [i=1:8] { set linetype i linecolor rgb hue(i) linewidth 2 pointtype 7 pointsize 0.5 }

# Rows of one series: pick("theory", column("y")) is NaN elsewhere. Labels stand in the first column.
pick(name, value) = strcol(1) eq name ? value : NaN
# The first row of each series, for a label of each curve.
first(value) = column(0) > 0 && strcol(1) eq series_before ? NaN : (series_before = strcol(1), value)
# What a parameter of the program was set to, as text.
setting(name) = system("sed -n 's/^# parameters:.* ".name."=\\([^ ]*\\).*/\\1/p' '".table."'")
number(name) = gprintf("%g", setting(name) + 0)
variances(s) = s < 0 ? "critical variances" : sprintf("σ_b²/σ_w² = %g", s)
# A list of words without one of them.
without(list, name) = (gap_at = strstrt(" ".list." ", " ".name." "), gap_at == 0 ? list : (list." ")[1:gap_at - 1].(list." ")[gap_at + strlen(name) + 1:*])
# Two panels, one above the other: a curve, and a close look at its difference from another.
upper = svg.'570; set output output; set multiplot; set lmargin at screen 0.15; set rmargin at screen 0.97; ' \
    .'set bmargin at screen 0.42; set format x ""'
lower = 'set tmargin at screen 0.36; set bmargin at screen 0.135; unset title; unset key; set format x; set format y "%g"'
# An x axis that ends a little beyond the data, not at the next tic; one of depths up to L, which may be the only one.
tight = 'set xrange [*:*] noextend; set offsets graph 0.02, graph 0.02, 0, 0'
depths = tight.'; if (setting("L") eq "1") { set xrange [0.5:2] }'
# Room for a key of two rows.
two_rows = 'set tmargin 5.5; set title offset 0,2.6'
# Makes the y axis reach at least from a to b: plot $two using (x):(reach(a, b)) with points pointsize 0, x any place within.
$two << EOD
0
1
EOD
reach(a, b) = column(1) == 0 ? a : b
# A step between tics that cuts a range into three to six: after stats ... nooutput, set ytics steps(STATS_max - STATS_min).
steps(r) = r > 0 ? (unit = 10.**floor(log10(r)), r < 1.5 * unit ? unit / 4 : r < 3 * unit ? unit / 2 : r < 6 * unit ? unit : 2 * unit) : 1
