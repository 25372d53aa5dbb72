# Property 6: the left side over the right one, for power series cropped to $[a,b]$. No point lies below 1 (blue); the search (green, drawn at 1) comes to it.
set title "Excess convexity of a cropped power series"
set xlabel "right side: (b − a)^2 / (g(b) − g(a)) Σ c_k b^{k−2}"
set ylabel "e (2 + e) / (1 + e) over it"
set logscale xy
set yrange [*:*] noextend
set format x "10^{%L}"
plot $two using (1):(reach(0.8, 2)) with points pointsize 0, \
     table using "right":(pick("random series", column("left") / column("right"))) with points linestyle 2 title "random series", \
     "" using "right":(pick("search", column("left") / column("right"))) with points linestyle 4 pointsize 1.3 title "least found", \
     1 with lines linestyle 3 title "bound"
