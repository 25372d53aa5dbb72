# Convex maps $g$ of $[0,1]$: each crosses the line $x+y=1$ (blue) once, at $(1-t,t)$ (dots), and its excess convexity is $e=1/t-2$. The further a
# map sags below the identity (dashed), the larger is $e$.
set title "Where a map meets x + y = 1"
set xlabel "x"
set ylabel "g(x)"
set xrange [0:1]
set yrange [0:1]
set size ratio 1
set lmargin at screen 0.1
set rmargin at screen 0.65
set tmargin 2.2
set title offset 0,-0.5
set key at graph 1.08, graph 0.5 left center vertical
names = "'x^2' 'x^3' 'x/(1 + c(1 - x))' 'two edges'"
shades = black." ".orange." ".purple." ".green
plot x with lines linestyle 8 title "identity, e = 0", \
     1 - x with lines linestyle 3 title "x + y = 1", \
     for [i=1:4] table using "x":(pick(word(names, i), column("y"))) with lines linecolor rgb word(shades, i) linewidth 2 title word(names, i), \
     table using (1 - column("t")):"t" with points linestyle 2 pointsize 0.9 title "(1 − t, t)"
