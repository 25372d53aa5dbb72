# The style of every figure: SVG that reads on light and on dark paper, colours that colour-blind readers tell apart (Okabe and Ito 2008),
# thin axes, no boxes. A script is called with table and output set; it names its axes, sets what it needs and plots.
set terminal svg size 720,460 dynamic enhanced font "DejaVu Sans,14" background "white"
set output output
set datafile separator "\t"
set datafile missing "nan"
set datafile commentschars "#"
set encoding utf8
set border 3 linewidth 0.8 linecolor rgb "#555555"
set tics nomirror out scale 0.6 textcolor rgb "#333333"
set grid linecolor rgb "#e6e6e6" linewidth 0.6
set key noautotitle samplen 1.6 spacing 1.15 textcolor rgb "#222222"
set title noenhanced font ",15" textcolor rgb "#222222"
set xlabel textcolor rgb "#333333"
set ylabel textcolor rgb "#333333"
blue = "#0072B2"; vermilion = "#D55E00"; green = "#009E73"; sky = "#56B4E9"; orange = "#E69F00"; purple = "#CC79A7"; black = "#222222"; grey = "#888888"
# The roles that these papers share: what theory says, what was sampled, what a bound allows, what a search found.
set style line 1 linecolor rgb black linewidth 2
set style line 2 linecolor rgb vermilion linewidth 1.5 pointtype 7 pointsize 0.45
set style line 3 linecolor rgb blue linewidth 2
set style line 4 linecolor rgb green linewidth 2 pointtype 5 pointsize 0.5
set style line 5 linecolor rgb orange linewidth 2
set style line 6 linecolor rgb purple linewidth 2
set style line 7 linecolor rgb sky linewidth 2
set style line 8 linecolor rgb grey linewidth 1 dashtype 2
set style fill transparent solid 0.18 noborder
# Rows of one series: pick("theory", column("y")) is NaN elsewhere. The labels column is called series.
pick(name, value) = strcol("series") eq name ? value : NaN
